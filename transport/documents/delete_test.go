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
	w.mustNotBeThere("a")
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

// mustNotBeThere checks that a document counts as not there.
func (w *world) mustNotBeThere(room string) {
	w.t.Helper()
	for _, test := range [][2]string{
		{"GET", ""}, {"GET", "?format=json"}, {"HEAD", ""}, {"GET", "/versions"},
		{"POST", "/versions"}, {"GET", "/authors"},
	} {
		if a := w.send(test[0], Path+"/"+room+test[1], ""); a.status != 404 || test[0] != "HEAD" && a.problem() != DocumentNotFound {
			w.t.Errorf("%s: %+v", test, a)
		}
	}
	if page := decoded[Page](w.t, w.must(200, "GET", Path, "")); len(page.Documents) != 0 {
		w.t.Errorf("%+v", page)
	}
}

// TestBeginAgain shows that a document whose tombstone was lifted counts as not there until
// somebody writes in it, also while people are in it and after they have left; that it is created
// in each way in which a new one is, once; and that a tombstone is put back by deleting again.
func TestBeginAgain(t *testing.T) {
	put := func(w *world) answer {
		return w.send("PUT", Path+"/a?fragment=text", "new", as("text/plain", ifNoneMatch, "*")...)
	}
	post := func(w *world) answer {
		return w.send("POST", Path, `{"room":"a","format":"text","fragment":"text","content":"new"}`, as("application/json")...)
	}
	for name, begin := range map[string]func(w *world) answer{"PUT": put, "POST": post} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.makeText("a", "old")
			w.must(204, "DELETE", Path+"/a", "")
			w.must(204, "DELETE", Path+"/a/tombstone", "")
			w.mustNotBeThere("a")
			p, err := w.engine.Join(context.Background(), roomkey.MustParse("a"), new(watcher), protocol.JSON{}, engine.Identity{})
			if err != nil {
				t.Fatal(err)
			}
			if a := w.send("GET", Path+"/a", ""); a.problem() != DocumentNotFound {
				t.Errorf("while somebody is in it: %+v", a)
			}
			p.Leave()
			w.restart()
			w.mustNotBeThere("a")
			w.must(204, "DELETE", Path+"/a", "")
			if a := begin(w); a.problem() != Deleted {
				t.Errorf("deleted again: %+v", a)
			}
			w.must(204, "DELETE", Path+"/a/tombstone", "")
			if a := begin(w); a.status != 201 {
				t.Errorf("%+v", a)
			}
			if got := w.reads("a?format=text"); got != "new" {
				t.Errorf("%q", got)
			}
			if a := begin(w); a.status != 409 && a.status != 412 {
				t.Errorf("created twice: %+v", a)
			}
		})
	}
}
