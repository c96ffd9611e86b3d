package e2e

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// TestTryPage shows that a link on the server's page leads to a page on which two people write one
// text, and that the text is there after a restart of the server.
func TestTryPage(t *testing.T) {
	t.Parallel()
	s := start(t)
	w, err := theBrowser()
	if err != nil {
		t.Fatal(err)
	}
	ann, bob := lastPage.Add(1), lastPage.Add(1)
	do := func(page int64, cmd string, a args) {
		t.Helper()
		a["page"] = page
		w.begin(t, "browser", cmd, a).end(nil)
	}
	for _, page := range []int64{ann, bob} {
		do(page, "visit", args{"url": "http://" + s.addr + "/"})
		do(page, "follow", args{"link": "Try it"})
	}
	do(ann, "write", args{"text": "Dogs go on leads."})
	do(bob, "shows", args{"text": "Dogs go on leads.", "people": 2})
	do(bob, "write", args{"text": " Cats do not."})
	const both = "Dogs go on leads. Cats do not."
	do(ann, "shows", args{"text": both, "people": 2})

	s.terminate()
	s = s.restart()
	late := lastPage.Add(1)
	do(late, "visit", args{"url": "http://" + s.addr + "/try/"})
	do(late, "shows", args{"text": both, "people": 3})
}

// TestTryPageOverTLS shows that two people write one text in browsers over TLS, compressed.
func TestTryPageOverTLS(t *testing.T) {
	t.Parallel()
	s, _, _ := startTLS(t)
	w, err := theBrowser()
	if err != nil {
		t.Fatal(err)
	}
	ann, bob := lastPage.Add(1), lastPage.Add(1)
	do := func(page int64, cmd string, a args) {
		t.Helper()
		a["page"] = page
		w.begin(t, "browser", cmd, a).end(nil)
	}
	const text = "Dogs go on leads."
	for _, page := range []int64{ann, bob} {
		do(page, "visit", args{"url": "https://" + s.addr + "/try/"})
	}
	do(ann, "write", args{"text": text})
	do(bob, "shows", args{"text": text, "people": 2})
}

// TestTryPageBundle shows that the script of that page is made of its source and the packages of
// these tests. make try-page makes it anew.
func TestTryPageBundle(t *testing.T) {
	t.Parallel()
	made := filepath.Join(t.TempDir(), "bundle.js")
	if _, err := nodeworker.Run(context.Background(), "editor/trypage.mjs", made); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../../../transport/public/try/bundle.js")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the script differs from what its source makes: run make try-page; %v", err)
	}
}
