package console

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// script is long enough to be shorter when it is compressed.
var script = strings.Repeat("export const a = 1\n", 100)

// sample returns a few files.
func sample(t *testing.T) *Files {
	t.Helper()
	files, err := load(fstest.MapFS{
		"index.html": {Data: []byte("<!doctype html>")}, "lib/dom.js": {Data: []byte(script)},
		"icon.svg": {Data: []byte("<svg/>")}, "style.css": {Data: []byte("a{}")}, "strings/en.json": {Data: []byte("{}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// fetch returns the answer to a request for a path below /console/.
func fetch(files *Files, method, below string, headers ...string) (*http.Response, error) {
	r, w := httptest.NewRequest(method, "/console/"+below, nil), httptest.NewRecorder()
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	err := files.Serve(w, r, below)
	return w.Result(), err
}

// TestFiles shows the type of each kind of file, the headers that protect it, and that nothing else
// is there: no folder, no path around.
func TestFiles(t *testing.T) {
	files := sample(t)
	for below, media := range map[string]string{
		"": "text/html; charset=utf-8", "index.html": "text/html; charset=utf-8", "lib/dom.js": "text/javascript; charset=utf-8",
		"icon.svg": "image/svg+xml", "style.css": "text/css; charset=utf-8", "strings/en.json": "application/json",
	} {
		resp, err := fetch(files, "GET", below)
		if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != media {
			t.Errorf("%s: %v, %s, %s", below, err, resp.Status, resp.Header.Get("Content-Type"))
		}
		for name, value := range map[string]string{
			"Cache-Control": "no-cache", "Vary": "Accept-Encoding", "Cross-Origin-Opener-Policy": "same-origin", "Content-Security-Policy": policy,
		} {
			if resp.Header.Get(name) != value {
				t.Errorf("%s: %s is %q", below, name, resp.Header.Get(name))
			}
		}
	}
	for _, below := range []string{
		"lib", "lib/", "lib//dom.js", "/index.html", "./index.html", "../site/index.html", "%2e%2e/doc.go", "index.html/", "INDEX.HTML", "nowhere.js",
	} {
		_, err := fetch(files, "GET", below)
		if p, ok := errors.AsType[*api.Problem](err); !ok || p.Status != 404 || strings.Contains(p.Detail, below) {
			t.Errorf("%s: %v", below, err)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE"} {
		resp, err := fetch(files, method, "index.html")
		if p, ok := errors.AsType[*api.Problem](err); !ok || p.Status != 405 || resp.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %v", method, err)
		}
	}
}

// TestForms shows that a file is sent compressed to those who take that, with another tag, that
// HEAD has the headers only, and that a file that has not changed is not sent again.
func TestForms(t *testing.T) {
	files := sample(t)
	tags := map[bool]string{}
	for accept, packed := range map[string]bool{
		"": false, "gzip": true, "br, GZIP;q=0.5": true, "gzip;q=0": false, "gzip; q=0.0": false, "gzip;q=x": false, "identity": false, "xgzip": false, "deflate, gzip": true,
	} {
		resp, err := fetch(files, "GET", "lib/dom.js", "Accept-Encoding", accept)
		if err != nil {
			t.Fatal(err)
		}
		body := io.Reader(resp.Body)
		if got := resp.Header.Get("Content-Encoding") == "gzip"; got != packed {
			t.Errorf("%q: compressed: %v", accept, got)
		}
		if packed {
			if body, err = gzip.NewReader(body); err != nil {
				t.Fatal(err)
			}
		}
		if text, err := io.ReadAll(body); err != nil || string(text) != script {
			t.Errorf("%q: %v, %d bytes", accept, err, len(text))
		}
		tag := resp.Header.Get("ETag")
		if tags[packed] == "" {
			tags[packed] = tag
		}
		if tags[packed] != tag {
			t.Errorf("%q: %s, want %s", accept, tag, tags[packed])
		}
		same, _ := fetch(files, "GET", "lib/dom.js", "Accept-Encoding", accept, "If-None-Match", `"a", W/`+tag)
		if text, _ := io.ReadAll(same.Body); same.StatusCode != 304 || len(text) > 0 || same.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%q: %s, %d bytes", accept, same.Status, len(text))
		}
		head, _ := fetch(files, "HEAD", "lib/dom.js", "Accept-Encoding", accept)
		if text, _ := io.ReadAll(head.Body); len(text) > 0 || head.Header.Get("Content-Length") != resp.Header.Get("Content-Length") ||
			head.Header.Get("Content-Length") == "" || head.Header.Get("ETag") != tag {
			t.Errorf("%q: HEAD: %d bytes, %v", accept, len(text), head.Header)
		}
	}
	if tags[true] == tags[false] {
		t.Errorf("both forms have the tag %s", tags[true])
	}
	if resp, _ := fetch(files, "GET", "style.css", "Accept-Encoding", "gzip"); resp.Header.Get("Content-Encoding") != "" {
		t.Error("a file is compressed that gets longer by that")
	}
}

// TestUnknownType shows that a file of a type that is not listed is reported, and not served as
// something else.
func TestUnknownType(t *testing.T) {
	if _, err := load(fstest.MapFS{"notes.txt~": {Data: []byte("x")}}); err == nil || !strings.Contains(err.Error(), "notes.txt~") {
		t.Error(err)
	}
}

// TestEmbedded shows that the page is there, that the policy of the console lets it run, and that
// nothing in it is from another host.
func TestEmbedded(t *testing.T) {
	files := Load()
	if files.named("") == nil || files.named("main.js") == nil {
		t.Fatal("the page or its script is missing")
	}
	inline := regexp.MustCompile(`(?i)<script(?:[^>]*[^>a-z]src=)?[^>]*>[^<]|<style|\sstyle=|\son[a-z]+=|javascript:`)
	away := regexp.MustCompile(`(?i)(?:(?:src|href)\s*=\s*["']?|(?:import|from|fetch)\s*\(?\s*["']|url\(\s*["']?)(?:https?:)?//`)
	unsafe := regexp.MustCompile(`\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function`)
	for name, f := range files.byPath {
		switch {
		case strings.HasSuffix(name, ".html") && inline.Match(f.Body()):
			t.Errorf("%s: %q does not run by the policy", name, inline.Find(f.Body()))
		case away.Match(f.Body()):
			t.Errorf("%s: %q is of another host", name, away.Find(f.Body()))
		case strings.HasSuffix(name, ".js") && unsafe.Match(f.Body()):
			t.Errorf("%s: %q makes elements of text", name, unsafe.Find(f.Body()))
		case bytes.Contains(f.Body(), []byte("\r")):
			t.Errorf("%s: has carriage returns", name)
		}
	}
}
