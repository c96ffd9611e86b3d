package admin

import (
	"errors"
	"io"
	"net/http/httptest"
	"testing"
)

// TestHandler checks the answers of all endpoints to all methods.
func TestHandler(t *testing.T) {
	var notReady error
	h := Handler{
		Ready:   func() error { return notReady },
		Build:   Build{Version: "1.2.3"},
		Metrics: func(w io.Writer) { _, _ = io.WriteString(w, "realtime_rooms 1\n") },
	}
	for _, test := range []struct {
		method, path string
		notReady     error
		status       int
		body         string
	}{
		{"GET", "/healthz", errors.New("disk is full"), 200, `{"status":"ok"}`},
		{"HEAD", "/healthz", nil, 200, `{"status":"ok"}`},
		{"GET", "/readyz", nil, 200, `{"status":"ready"}`},
		{"GET", "/readyz", errors.New("disk is full"), 503, `{"status":"unavailable","reason":"disk is full"}`},
		{"GET", "/version", nil, 200, `{"version":"1.2.3"}`},
		{"GET", "/metrics", nil, 200, "realtime_rooms 1"},
		{"GET", "/", nil, 404, "404 page not found"},
		{"GET", "/healthz/", nil, 404, "404 page not found"},
		{"POST", "/healthz", nil, 405, "method not allowed"},
	} {
		notReady = test.notReady
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(test.method, test.path, nil))
		if w.Code != test.status || w.Body.String() != test.body+"\n" {
			t.Errorf("%s %s: %d %q", test.method, test.path, w.Code, w.Body)
		}
	}
}
