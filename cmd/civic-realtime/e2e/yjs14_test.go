package e2e

import "testing"

// TestYjs14 shows that the draft has everything that two clients of Yjs 14 write in a record, with
// text directly in elements and line breaks inside of texts, and that external changes arrive in
// their documents.
func TestYjs14(t *testing.T) {
	t.Parallel()
	w := newSite(t, often)
	w.api.Put("by-law-7", "# Dogs\n\nDogs go on leads.", nil)
	ann, bob := w.openYjs14(t, "ann"), w.openYjs14(t, "bob")
	all := []*client{ann, bob}
	shows := func(text string) {
		t.Helper()
		for _, c := range all {
			c.begin("wait", args{"until": args{"text": text}, "deadline": patience.Milliseconds()}).End(nil)
		}
	}
	shows("Dogs\nDogs go on leads.")
	ann.do("paragraph", args{"text": "Cats do not.", "bold": "not"}, nil)
	shows("Dogs\nDogs go on leads.\nCats do not.")
	bob.do("break", args{"after": "Dogs go", "text": "at night"}, nil)
	bob.do("break", args{"after": "Cats", "text": "never"}, nil)
	shows("Dogs\nDogs go|at night on leads.\nCats|never do not.")
	w.awaitDraft("by-law-7", "# Dogs\n\nDogs go\\\nat night on leads.\n\nCats\\\nnever do **not**.")

	w.api.PutDraft("by-law-7", "# Dogs\n\nDogs go\\\nat night on leads.\n\nCats\\\nnever ever do **not**.")
	all = append(all, w.openYjs14(t, "carl"))
	shows("Dogs\nDogs go|at night on leads.\nCats|never ever do not.")
}

// openYjs14 starts a client with a document of Yjs 14, connected to the record by-law-7.
func (w *site) openYjs14(t *testing.T, name string) *client {
	t.Helper()
	c := newClientOf(t, name, "yjs14.mjs")
	where := w.editorOptions("by-law-7", name, "clerk")
	c.do("open", args{"url": where.url, "room": where.room, "token": where.token}, nil)
	return c
}
