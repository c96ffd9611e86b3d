package httpcall

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestRetryAfterForms checks what is read from all forms of the header.
func TestRetryAfterForms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for value, want := range map[string]time.Duration{
			"":                     0,
			"7":                    7 * time.Second,
			"-7":                   0,
			"99999999999999999999": 0,
			"4611686018427387904":  1 << 30 * time.Second,
			"soon":                 0,
			time.Now().Add(time.Minute).UTC().Format(http.TimeFormat):  time.Minute,
			time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat): 0,
		} {
			if got := retryAfter(http.Header{"Retry-After": {value}}); got != want {
				t.Errorf("%q: %v", value, got)
			}
		}
	})
}
