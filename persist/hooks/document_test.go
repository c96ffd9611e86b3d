package hooks

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
)

// TestContentsAreLoaded shows for each answer of the receiver which content a document has.
func TestContentsAreLoaded(t *testing.T) {
	for name, test := range map[string]struct {
		format Format
		status int
		kind   string
		body   string
		want   error
	}{
		"markdown":             {Markdown, 200, "text/markdown; charset=utf-8", "# Text", nil},
		"plain text":           {Markdown, 200, "text/plain", "# Text", nil},
		"yjs":                  {Yjs, 200, "application/octet-stream", "\x00\x00", nil},
		"json":                 {JSON, 200, "application/json", `{"type":"doc"}`, nil},
		"nothing":              {Markdown, 204, "", "", nil},
		"not there yet":        {Markdown, 404, "application/json", "{}", ErrNotFound},
		"deleted":              {Markdown, 410, "application/json", "{}", ErrGone},
		"another program":      {Markdown, 404, "text/html", "not found", ErrRejected},
		"another format":       {Yjs, 200, "text/markdown", "# Text", ErrAnswer},
		"markdown for json":    {JSON, 200, "text/markdown", "# Text", ErrAnswer},
		"an error page":        {Markdown, 200, "text/html", "<h1>Log in</h1>", ErrAnswer},
		"no type":              {Markdown, 200, "", "# Text", ErrAnswer},
		"not UTF-8":            {Markdown, 200, "text/markdown", "\xff", ErrAnswer},
		"another 2xx":          {Markdown, 202, "text/markdown", "later", ErrAnswer},
		"no right to be asked": {Markdown, 403, "application/json", "{}", ErrForbidden},
	} {
		got, err := answering(t, test.status, test.kind, test.body).Load(t.Context(), "r", test.format)
		if !errors.Is(err, test.want) || string(got.Body) != map[bool]string{true: test.body}[test.want == nil] {
			t.Errorf("%s: %q, %v", name, got.Body, err)
		}
	}
}

// TestRevisionsAreETagsOrHashes shows that the ETag of a content is its revision, and that without
// one equal contents have equal revisions.
func TestRevisionsAreETagsOrHashes(t *testing.T) {
	if r := revisionOf(` W/"7" `, []byte("a")); r.ETag() != `W/"7"` {
		t.Errorf("%q", r)
	}
	for _, etag := range []string{"", strings.Repeat("x", maxETag+1)} {
		a, b := revisionOf(etag, []byte("a")), revisionOf(etag, []byte("b"))
		if a.ETag() != "" || a == b || a != revisionOf("", []byte("a")) {
			t.Errorf("%q: %q, %q", etag, a, b)
		}
	}
	if Revision("").ETag() != "" {
		t.Error("an unknown revision has an ETag")
	}
}

// TestDocumentsAreStored shows the body of a call for each format, that a document can only be
// stored with the revision that the receiver has, and that a call whose answer was lost does no
// harm.
func TestDocumentsAreStored(t *testing.T) {
	for format, test := range map[Format]struct{ content, inBody, kind string }{
		Markdown: {"# <Text>", `"# <Text>"`, "text/markdown; charset=utf-8"},
		Yjs:      {"\x00\x01", `"AAE="`, "application/octet-stream"},
		JSON:     {`{"type":"doc"}`, `{"type":"doc"}`, "application/json"},
	} {
		s, c := pair(t, nil)
		d := Document{Room: "r", Format: format, Content: []byte(test.content), Version: 7, Users: []string{"u1"}}
		first, err := c.Store(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"type":"store","room":"r","format":"` + string(format) + `","version":7,"revision":null,"users":["u1"],"content":` + test.inBody + `}`
		if got := s.Calls()[0].Body; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if kept, _ := s.Document("r"); kept.Body != test.content || kept.Type != test.kind {
			t.Errorf("%+v", kept)
		}
		loaded, err := c.Load(t.Context(), "r", format)
		if err != nil || string(loaded.Body) != test.content || loaded.Revision != first {
			t.Errorf("%v, %v; stored as %s", loaded, err, first)
		}
		if _, err = c.Store(t.Context(), d); !errors.Is(err, ErrConflict) {
			t.Errorf("without the revision: %v", err)
		}
		d.Since, d.Users = first, nil
		if _, err = c.Store(t.Context(), d); err != nil {
			t.Error(err)
		}
		var body storeRequest
		if json.Unmarshal([]byte(s.Calls()[len(s.Calls())-1].Body), &body) != nil || body.Revision == nil || *body.Revision != first.ETag() || body.Users == nil {
			t.Errorf("%+v", body)
		}
		if _, err = c.Store(t.Context(), d); !errors.Is(err, ErrConflict) {
			t.Errorf("with an old revision: %v", err)
		}
		s.Delete("r", true)
		if _, err = c.Store(t.Context(), d); !errors.Is(err, ErrGone) {
			t.Errorf("after it was deleted: %v", err)
		}
	}
}

// TestStoresAreBounded shows that a document beyond MaxBody is not sent.
func TestStoresAreBounded(t *testing.T) {
	s, c := pair(t, func(c *Config) { c.MaxBody = 1000 })
	d := Document{Room: "r", Format: Markdown, Content: []byte(strings.Repeat("x", 1000))}
	if _, err := c.Store(t.Context(), d); !errors.Is(err, ErrTooLarge) || s.Count("") != 0 {
		t.Errorf("%v after %d calls", err, s.Count(""))
	}
}

// TestIfMatchIsSent shows that the revision is in the header as well, for receivers that pass a
// request on to a store with preconditions.
func TestIfMatchIsSent(t *testing.T) {
	var sent []string
	c := newClient(t, configOf(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		sent = append(sent, r.Header.Get("If-Match"))
	})))
	for _, since := range []Revision{"", revisionOf("", nil), revisionOf(`"3"`, nil)} {
		if _, err := c.Store(t.Context(), Document{Room: "r", Format: Markdown, Since: since}); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Join(sent, ",") != `,,"3"` {
		t.Errorf("%q", sent)
	}
}
