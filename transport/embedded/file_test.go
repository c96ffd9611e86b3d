package embedded

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// text is long enough to be shorter when it is compressed.
var text = strings.Repeat("export const dog = 'leash'\n", 100)

// fetch asks a server for a file; headers are names and values.
func fetch(t *testing.T, f *File, headers ...string) (*http.Response, string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(f.Serve))
	defer s.Close()
	r, err := http.NewRequest("GET", s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body := io.Reader(resp.Body)
	if resp.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(resp.Body); err != nil {
			t.Fatal(err)
		}
	}
	got, err := io.ReadAll(body)
	if err != nil {
		t.Errorf("%q: %v", headers, err)
	}
	return resp, string(got)
}

// TestForms shows that a file is compressed for clients that take gzip, unless it is too short for
// that, that the two forms have different tags, and that one that the client has is not sent again.
func TestForms(t *testing.T) {
	f := New("text/javascript", []byte(text))
	plain, body := fetch(t, f)
	packed, same := fetch(t, f, "Accept-Encoding", "br, gzip;q=0.5")
	if plain.Header.Get("Content-Encoding") != "" || packed.Header.Get("Content-Encoding") != "gzip" || body != text || same != text {
		t.Errorf("%v, %v: %d and %d bytes", plain.Header, packed.Header, len(body), len(same))
	}
	if int(packed.ContentLength) != f.Sent() || f.Sent() >= len(text) || string(f.Body()) != text {
		t.Errorf("%d bytes are sent, not %d", packed.ContentLength, f.Sent())
	}
	tag := packed.Header.Get("ETag")
	if tag == "" || tag == plain.Header.Get("ETag") || New("text/css", []byte(text)).plain.tag == f.plain.tag {
		t.Errorf("both forms have the tag %s", tag)
	}
	if again, body := fetch(t, f, "Accept-Encoding", "gzip", "If-None-Match", tag); again.StatusCode != 304 || body != "" {
		t.Errorf("%s, %d bytes", again.Status, len(body))
	}
	short := New("text/css", []byte("a{}"))
	if resp, body := fetch(t, short, "Accept-Encoding", "gzip"); resp.Header.Get("Content-Encoding") != "" || body != "a{}" || short.Sent() != 3 {
		t.Errorf("a file is compressed that gets longer by that: %v", resp.Header)
	}
}

// TestRange shows that a part of a file is one of the file as it is, and comes whole, also to a
// client that takes gzip.
func TestRange(t *testing.T) {
	resp, body := fetch(t, New("text/javascript", []byte(text)), "Accept-Encoding", "gzip", "Range", "bytes=7-11")
	if resp.StatusCode != 206 || body != "const" || resp.Header.Get("Content-Encoding") != "" || resp.ContentLength != 5 {
		t.Errorf("%s %q, %v", resp.Status, body, resp.Header)
	}
}
