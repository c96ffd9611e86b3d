package exposition

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"testing"
)

// TestServe shows when the metrics are compressed, and that their type is that of the
// Prometheus text format.
func TestServe(t *testing.T) {
	const text = "realtime_rooms 1\n"
	for accepted, compressed := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "deflate, gzip;q=0.5": true, "gzip;q=0": false, "*": true, "*;q=0": false,
		"gzip;q=0, *": false, "identity": false, "gzip; q = 0.1": true, "gzip;q=x": false, "br": false,
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.Header.Set("Accept-Encoding", accepted)
		w := httptest.NewRecorder()
		Serve(w, r, func(w io.Writer) { _, _ = io.WriteString(w, text) })
		if got := w.Header().Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
			t.Errorf("type %q", got)
		}
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != compressed {
			t.Errorf("%q: compressed %v", accepted, got)
			continue
		}
		var body io.Reader = w.Body
		if compressed {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Errorf("%q: %v", accepted, err)
				continue
			}
			body = z
		}
		if got, err := io.ReadAll(body); err != nil || string(got) != text {
			t.Errorf("%q: %q, %v", accepted, got, err)
		}
	}
}
