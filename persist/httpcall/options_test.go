package httpcall

import (
	"net/http"
	"testing"
	"time"
)

// TestKeptOptions shows which options stay as they are when a client gets others.
func TestKeptOptions(t *testing.T) {
	before := Options{
		Transport: new(http.Transport), Concurrency: 1, Sessions: 2, BreakerFailures: 3,
		BreakerPause: time.Second,
	}.WithDefaults(4)
	after := Options{
		Transport: new(http.Transport), Concurrency: 11, Sessions: 12, BreakerFailures: 13,
		BreakerPause: time.Minute, Timeout: time.Hour,
	}.WithDefaults(14).Keep(before)
	want := before
	want.Timeout, want.MaxBody = time.Hour, 14
	if after != want {
		t.Errorf("%+v, want %+v", after, want)
	}
}
