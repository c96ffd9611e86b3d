package civicpress

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// FuzzAnswers makes the API answer anything, and shows that nothing panics, and that a loaded
// record has the id that was asked for.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		"", "null", "[]", `{"success":true,"data":{"id":"r","isDraft":true,"markdownBody":"text","updated_at":"2026-08-02 10:20:30"}}`,
		`{"success":true,"data":{"user":{"id":1,"permissions":["*"]}}}`,
		`{"success":true,"data":{"snapshot":"YQ==","version":1}}`,
		`{"success":false,"error":{"code":"RECORD_NOT_FOUND","details":"Permission denied"}}`,
		`{"error":{"code":"NOT_FOUND"},"timestamp":""}`,
	} {
		for _, status := range []int{200, 404, 429, 500} {
			f.Add(status, body, "2", "limit=30, remaining=1, reset=5")
		}
	}
	f.Fuzz(func(t *testing.T, status int, body, after, limit string) {
		answer := roundTrip(func(r *http.Request) (*http.Response, error) {
			h := http.Header{"Retry-After": {after}, "Ratelimit": {limit}}
			return &http.Response{StatusCode: status, Header: h,
				Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})
		c, err := New(Config{URL: "http://api.example", Options: httpcall.Options{Attempts: 1, Transport: answer}})
		if err != nil {
			t.Fatal(err)
		}
		if u, err := c.Authenticate(t.Context(), "token"); err == nil && u.ID == "" {
			t.Error("nobody is let in")
		}
		if r, err := c.LoadRecord(t.Context(), "token", "r"); err == nil && r.ID != "r" {
			t.Error("another record")
		}
		_, _ = c.LoadSnapshot(t.Context(), "token", "r")
	})
}
