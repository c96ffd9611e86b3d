package public

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// TestHandler checks the answers of all paths to all methods.
func TestHandler(t *testing.T) {
	var notReady error
	h := Handler{
		Ready:   func() error { return notReady },
		Build:   &api.Build{Version: "1.2.3"},
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
		{"GET", "/robots.txt", nil, 200, "User-agent: *\nDisallow: /"},
		{"GET", "/try/", nil, 404, "404 page not found"},
		{"GET", "/bundle.js", nil, 404, "404 page not found"},
		{"GET", "/healthz/", nil, 404, "404 page not found"},
		{"POST", "/healthz", nil, 405, "method not allowed"},
		{"POST", "/", nil, 405, "method not allowed"},
	} {
		notReady = test.notReady
		if status, body := get(h, test.method, test.path); status != test.status || body != test.body+"\n" {
			t.Errorf("%s %s: %d %q", test.method, test.path, status, body)
		}
	}
}

func get(h http.Handler, method, path string) (status int, body string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w.Code, w.Body.String()
}

// TestPage shows that the page says whether the service is ready.
func TestPage(t *testing.T) {
	var notReady error
	h := Handler{Ready: func() error { return notReady }, Build: &api.Build{Version: "1.2.3"}}
	for _, test := range []struct {
		notReady error
		has, not string
	}{
		{nil, "<strong>ready</strong>", "not ready"},
		{errors.New("disk is full"), "<strong>not ready</strong>", "disk"},
		{nil, "open a record in CivicPress", "1.2.3"},
	} {
		notReady = test.notReady
		status, body := get(h, "GET", "/")
		if status != 200 || !strings.Contains(body, test.has) || strings.Contains(body, test.not) {
			t.Errorf("want %q and not %q: %d %s", test.has, test.not, status, body)
		}
	}
}

// TestHidden shows that a handler without a version and without metrics has no such paths.
func TestHidden(t *testing.T) {
	h := Handler{Ready: func() error { return nil }}
	for _, path := range []string{"/version", "/metrics"} {
		if status, _ := get(h, "GET", path); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// TestPlayground shows that the playground, if there is one, is at the place of the page, with its
// files, that the path that it had leads there, and that it has no other paths.
func TestPlayground(t *testing.T) {
	h := Handler{Ready: func() error { return nil }, Playground: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "playground "+r.URL.Path)
	})}
	for _, path := range append([]string{"/"}, PlaygroundFiles...) {
		if status, body := get(h, "GET", path); status != 200 || body != "playground "+path {
			t.Errorf("%s: %d %q", path, status, body)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/try/", nil))
	if w.Code != http.StatusFound || w.Header().Get("Location") != "/" {
		t.Errorf("/try/: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if status, body := get(h, "GET", "/healthz"); status != 200 || body != "{\"status\":\"ok\"}\n" {
		t.Errorf("/healthz: %d %q", status, body)
	}
	if status, _ := get(h, "GET", "/try/bundle.js"); status != 404 {
		t.Errorf("/try/bundle.js: %d", status)
	}
}
