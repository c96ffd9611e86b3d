package documents

import (
	"context"
	"errors"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestDelete shows that a document that is deleted is gone, also after a restart, for programs and
// people, until its tombstone is lifted; and that it is empty then.
func TestDelete(t *testing.T) {
	w := newWorld(t, nil)
	tag := w.makeText("a", "text")
	w.must(201, "POST", Path+"/a/versions", "")
	w.must(204, "DELETE", Path+"/a", "")
	gone := func() {
		t.Helper()
		for _, test := range []struct{ method, path, body string }{
			{"GET", "/a", ""}, {"GET", "/a?format=text", ""}, {"PATCH", "/a", "x"}, {"PUT", "/a", "x"},
			{"POST", "/a/versions", ""}, {"PUT", "/a/presence", "{}"}, {"GET", "/a/authors", ""},
		} {
			headers := as("text/plain", ifMatch, tag)
			if test.body != "x" {
				headers = as("application/json")
			}
			if a := w.send(test.method, Path+test.path, test.body, headers...); a.status != 410 || a.problem() != Deleted {
				t.Errorf("%s %s: %+v", test.method, test.path, a)
			}
		}
		if a := w.send("PUT", Path+"/a?fragment=text", "x", as("text/plain", ifNoneMatch, "*")...); a.problem() != Deleted {
			t.Errorf("created again: %+v", a)
		}
		_, err := w.engine.Join(context.Background(), roomkey.MustParse("a"), new(watcher), protocol.JSON{}, engine.Identity{})
		if !errors.Is(err, engine.ErrDeleted) {
			t.Errorf("joined: %v", err)
		}
	}
	gone()
	w.restart()
	gone()
	if page := decoded[Page](t, w.must(200, "GET", Path, "")); len(page.Documents) != 0 {
		t.Errorf("%+v", page)
	}
	w.must(204, "DELETE", Path+"/a/tombstone", "")
	if a := w.send("GET", Path+"/a", ""); a.problem() != DocumentNotFound {
		t.Errorf("%+v", a)
	}
	w.makeText("a", "new")
	if got := w.reads("a?format=text"); got != "new" {
		t.Errorf("%q", got)
	}
	for path, problem := range map[string]string{"/a/tombstone": NotDeleted, "/none": DocumentNotFound} {
		if a := w.send("DELETE", Path+path, ""); a.problem() != problem {
			t.Errorf("%s: %+v", path, a)
		}
	}
	if len(w.calls) != 4 || w.calls[0].Route != Path+"/{room}" || w.calls[0].Status != 204 {
		t.Errorf("%+v", w.calls)
	}
}
