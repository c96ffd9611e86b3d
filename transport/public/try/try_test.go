package try

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// TestHandler checks the page, its script, and that there is nothing else.
func TestHandler(t *testing.T) {
	h := Handler(`/a"b`)
	for path, want := range map[string]struct {
		status   int
		kind     string
		contains string
	}{
		"/try/":           {200, "text/html; charset=utf-8", `data-path="/a&#34;b"`},
		"/try/bundle.js":  {200, "text/javascript; charset=utf-8", "permission notice"},
		"/try/page.mjs":   {404, "text/plain; charset=utf-8", "not found"},
		"/try/other.html": {404, "text/plain; charset=utf-8", "not found"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != want.status || w.Header().Get("Content-Type") != want.kind || !strings.Contains(w.Body.String(), want.contains) {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
		if w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s: no policy", path)
		}
	}
}
