package playground

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestHandler checks the page, its files, their headers, and that there is nothing else.
func TestHandler(t *testing.T) {
	h := Handler(Page{Path: `/a"b`, Home: "/console/", Temporary: true})
	for _, test := range []struct {
		method, path string
		status       int
		kind         string
		contains     string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", `data-path="/a&#34;b" data-home="/console/" data-temporary="true"`},
		{"GET", "/console/playground/", 200, "text/html; charset=utf-8", "bundle.js"},
		{"GET", "/bundle.js", 200, "text/javascript; charset=utf-8", "WebSocket"},
		{"GET", "/style.css", 200, "text/css; charset=utf-8", ".pane"},
		{"GET", "/icon.svg", 200, "image/svg+xml", "<svg"},
		{"GET", "/licenses.txt", 200, "text/plain; charset=utf-8", "permission notice"},
		{"HEAD", "/", 200, "text/html; charset=utf-8", ""},
		{"POST", "/", 405, "text/plain; charset=utf-8", "not allowed"},
		{"GET", "/page.html", 404, "text/plain; charset=utf-8", "not found"},
		{"GET", "/src/main.mjs", 404, "text/plain; charset=utf-8", "not found"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(test.method, test.path, nil))
		if w.Code != test.status || w.Header().Get("Content-Type") != test.kind || !strings.Contains(w.Body.String(), test.contains) {
			t.Errorf("%s %s: %d %s", test.method, test.path, w.Code, w.Header().Get("Content-Type"))
		}
		if test.status == 200 && w.Header().Get("Content-Security-Policy") != policy {
			t.Errorf("%s: no policy", test.path)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy has exceptions: %s", policy)
	}
}

// TestEncodings shows that files are compressed for those who take that, that their tags differ
// from those of the plain ones, and that a client that has a file is not sent it again.
func TestEncodings(t *testing.T) {
	h := Handler(Page{Path: "/realtime"})
	get := func(header, value string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/bundle.js", nil)
		r.Header.Set(header, value)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	zipped, plain := get("Accept-Encoding", "br, gzip;q=0.5"), get("Accept-Encoding", "gzip;q=0")
	if plain.Header().Get("Content-Encoding") != "" || !bytes.Equal(plain.Body.Bytes(), bundle) {
		t.Error("who does not take gzip is sent something else than the file")
	}
	z, err := gzip.NewReader(zipped.Body)
	if err != nil || zipped.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("who takes gzip is sent %q, %v", zipped.Header().Get("Content-Encoding"), err)
	}
	if content, err := io.ReadAll(z); err != nil || !bytes.Equal(content, bundle) {
		t.Errorf("it is another file after decompression: %v", err)
	}
	tag := plain.Header().Get("ETag")
	if tag == "" || tag == zipped.Header().Get("ETag") {
		t.Errorf("both have the tag %s", tag)
	}
	if again := get("If-None-Match", tag); again.Code != 304 {
		t.Errorf("a client that has the file is answered %d", again.Code)
	}
}

// The page is to be there at once, also on a slow line.
const (
	mostScript = 160 << 10
	mostOther  = 30 << 10
)

// TestSizes shows that what the page consists of is small.
func TestSizes(t *testing.T) {
	if n := files()["bundle.js"].Sent(); n > mostScript {
		t.Errorf("the script has %d bytes, compressed; at most %d are allowed", n, mostScript)
	}
	if n := len(pageText) + len(style); n > mostOther {
		t.Errorf("page and styles have %d bytes; at most %d are allowed", n, mostOther)
	}
}

// TestLicenses shows that the licenses of the packages in the script are at hand.
func TestLicenses(t *testing.T) {
	for _, name := range []string{"yjs ", "y-prosemirror ", "y-websocket ", "prosemirror-view ", "lib0 "} {
		if !strings.Contains("\n"+Licenses(), "\n"+name) {
			t.Errorf("the license of %sis missing", name)
		}
	}
}
