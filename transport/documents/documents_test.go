package documents

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestRead shows a document in all formats, by parameter and by Accept, and by its root.
func TestRead(t *testing.T) {
	w := newWorld(t, nil)
	w.makeMarkdown("a", "# Title\n\nDogs *bark*.")
	w.makeText("b", "plain text")
	for _, test := range []struct{ path, accept, media, want string }{
		{"a?format=markdown", "", "text/markdown; charset=utf-8", "# Title\n\nDogs *bark*."},
		{"a", "text/markdown", "text/markdown; charset=utf-8", "# Title\n\nDogs *bark*."},
		{"a", "text/*;q=0.5", "text/markdown; charset=utf-8", "# Title\n\nDogs *bark*."},
		{"a?format=text", "", "text/plain; charset=utf-8", "Title\nDogs bark.\n"},
		{"b?format=text", "", "text/plain; charset=utf-8", "plain text"},
		{"b?format=text&fragment=text", "", "text/plain; charset=utf-8", "plain text"},
		{"b?format=json", "", "application/json", `{"text":"plain text"}`},
		{"b?fragment=text", "application/json", "application/json", `"plain text"`},
		{"b?format=text&fragment=none", "", "text/plain; charset=utf-8", ""},
	} {
		a := w.must(200, "GET", Path+"/"+test.path, "", "Accept", test.accept)
		if a.body != test.want || a.header.Get("Content-Type") != test.media {
			t.Errorf("%s: %q %q", test.path, a.header.Get("Content-Type"), a.body)
		}
		head := w.must(200, "HEAD", Path+"/"+test.path, "", "Accept", test.accept)
		if head.header.Get("Content-Length") != fmt.Sprint(len(test.want)) || head.header.Get("ETag") != a.header.Get("ETag") {
			t.Errorf("HEAD %s: %v", test.path, head.header)
		}
	}
	state := w.reads("b")
	if updateTo(t, state, "plain text") != "" {
		t.Errorf("%x", state)
	}
}

// TestReadSince shows that a client with a part of a document gets the rest.
func TestReadSince(t *testing.T) {
	w := newWorld(t, nil)
	tag := w.makeText("b", "one")
	before := w.reads("b")
	vector := base64.URLEncoding.EncodeToString([]byte{0})
	if all := w.reads("b?since=" + vector); len(all) != len(before) {
		t.Errorf("%x", all)
	}
	w.must(200, "PATCH", Path+"/b", "one two", as("text/plain", ifMatch, tag)...)
	full := w.reads("b")
	vector = base64.URLEncoding.EncodeToString(vectorOf(t, before))
	diff := w.reads("b?since=" + vector)
	if len(diff) >= len(full) || !strings.Contains(diff, " two") || strings.Contains(diff, "one") {
		t.Errorf("%q", diff)
	}
}

// TestTags shows that the tag of a document names its content: it stays the same over a restart, is
// another one for each format, and changes with each edit; and what If-None-Match makes of it.
func TestTags(t *testing.T) {
	w := newWorld(t, nil)
	w.makeText("b", "one")
	get := func(headers ...string) answer { return w.send("GET", Path+"/b?format=text", "", headers...) }
	first := get().header.Get("ETag")
	w.restart()
	if again := get().header.Get("ETag"); again != first || first == "" {
		t.Errorf("%q after a restart, and %q before", again, first)
	}
	if len(w.engine.Rooms()) != 0 {
		t.Error("reading has loaded the room")
	}
	if other := w.send("GET", Path+"/b?format=json", "").header.Get("ETag"); other == first {
		t.Errorf("%q in two formats", other)
	}
	for _, test := range []struct {
		tag    string
		status int
	}{
		{first, 304}, {"W/" + first, 304}, {`"x", ` + first, 304}, {"*", 304},
		{`"x"`, 200}, {"", 200}, {strings.Trim(first, `"`), 200},
	} {
		if a := get(ifNoneMatch, test.tag); a.status != test.status || a.header.Get("ETag") != first || (a.body == "") != (test.status == 304) {
			t.Errorf("%s: %d %q", test.tag, a.status, a.body)
		}
	}
	done := w.must(200, "PATCH", Path+"/b", "two", as("text/plain", ifMatch, first)...)
	if a := get(ifNoneMatch, first); a.status != 200 || a.header.Get("ETag") == first || a.header.Get("ETag") != done.header.Get("ETag") {
		t.Errorf("after an edit: %d, %v", a.status, a.header)
	}
	same := w.must(200, "PATCH", Path+"/b", "two", as("text/plain", ifMatch, done.header.Get("ETag"))...)
	if same.header.Get("ETag") != done.header.Get("ETag") || !strings.Contains(same.body, `"changed":false`) {
		t.Errorf("the same text again: %+v", same)
	}
}

// TestPatchUpdate shows that an update is merged, and that its answer has the new tag.
func TestPatchUpdate(t *testing.T) {
	w := newWorld(t, nil)
	tag := w.makeText("b", "one")
	update := updateTo(t, w.reads("b"), "one two")
	a := w.must(200, "PATCH", Path+"/b", update, as("application/octet-stream")...)
	var e Edited
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || e.Room != "b" || e.Version != 2 || !e.Changed || e.Merged {
		t.Errorf("%s, %v", a.body, err)
	}
	if now := w.send("GET", Path+"/b", "").header.Get("ETag"); now != a.header.Get("ETag") {
		t.Errorf("%q, want %q", a.header.Get("ETag"), now)
	}
	if got := w.reads("b?format=text"); got != "one two" {
		t.Errorf("%q", got)
	}
	if again := w.must(200, "PATCH", Path+"/b", update, as("application/octet-stream")...); !strings.Contains(again.body, `"changed":false`) {
		t.Error(again.body)
	}
	if a := w.send("PATCH", Path+"/b", update, as("application/octet-stream", ifMatch, tag)...); a.problem() != PreconditionFailed {
		t.Errorf("%+v", a)
	}
}

// TestPatchMerges shows that a text is merged with what others have written since the version that
// it is based on, and that the answer to a conflict has the words.
func TestPatchMerges(t *testing.T) {
	w := newWorld(t, nil)
	for _, f := range []struct{ format, media, base, mine, theirs, merged string }{
		{"text", "text/plain", "one two three", "one 2 three", "one two three four", "one 2 three four"},
		{"markdown", "text/markdown", "# Dogs\n\nThey bark.", "# Dogs\n\nThey *bark*.\n", "# Dogs and cats\n\nThey bark.", "# Dogs and cats\n\nThey *bark*."},
	} {
		path := Path + "/" + f.format
		if f.format == "text" {
			w.makeText(f.format, f.base)
		} else {
			w.makeMarkdown(f.format, f.base)
		}
		tag := w.must(200, "GET", path+"?format="+f.format, "").header.Get("ETag")
		a := w.must(200, "PATCH", path, f.theirs, as(f.media, ifMatch, tag)...)
		if !strings.Contains(a.body, `"merged":false`) {
			t.Error(a.body)
		}
		a = w.must(200, "PATCH", path, f.mine, as(f.media, ifMatch, tag, "Prefer", "return=representation")...)
		if a.body != f.merged || a.header.Get("ETag") != w.must(200, "GET", path+"?format="+f.format, "").header.Get("ETag") {
			t.Errorf("%s: %q", f.format, a.body)
		}
		if f.format == "text" {
			a = w.must(409, "PATCH", path, "one zwei three", as(f.media, ifMatch, tag)...)
			var p MergeProblem
			want := Conflict{"two", "zwei", "2"}
			if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.problem() != MergeConflict || len(p.Conflicts) != 1 || p.Conflicts[0] != want {
				t.Errorf("%s, %v", a.body, err)
			}
		}
		if got := w.reads(f.format + "?format=" + f.format); got != f.merged {
			t.Errorf("after a conflict: %q", got)
		}
	}
}

// TestPutReplaces shows that a text replaces the one of the version that is named, and no other.
func TestPutReplaces(t *testing.T) {
	w := newWorld(t, nil)
	tag := w.makeText("b", "one two")
	a := w.must(200, "PUT", Path+"/b", "three", as("text/plain", ifMatch, tag)...)
	if got := w.reads("b?format=text"); got != "three" {
		t.Errorf("%q", got)
	}
	if a := w.must(412, "PUT", Path+"/b", "four", as("text/plain", ifMatch, tag)...); a.header.Get("ETag") != w.send("GET", Path+"/b?format=text", "").header.Get("ETag") {
		t.Errorf("%v", a.header)
	}
	w.must(200, "PUT", Path+"/b", "four", as("text/plain", ifMatch, "*")...)
	w.must(412, "PUT", Path+"/b", "five", as("text/plain", ifMatch, a.header.Get("ETag"))...)
	if got := w.reads("b?format=text"); got != "four" {
		t.Errorf("%q", got)
	}
}

// TestBasesAreForgotten shows that a text based on a version that is not known any more is not
// merged, and that the answer has the present tag.
func TestBasesAreForgotten(t *testing.T) {
	w := newWorld(t, nil)
	tag := w.makeText("b", "one two")
	w.must(200, "PATCH", Path+"/b", "one two three", as("text/plain", ifMatch, tag)...)
	w.server.texts.SetLimits(0, 0)
	a := w.must(412, "PATCH", Path+"/b", "one 2", as("text/plain", ifMatch, tag)...)
	if a.problem() != PreconditionFailed || a.header.Get("ETag") == tag || a.header.Get("ETag") == "" {
		t.Errorf("%+v", a)
	}
}

// TestCreate shows how documents are created, and that none is created twice.
func TestCreate(t *testing.T) {
	w := newWorld(t, nil)
	post := func(room, format, content, fragment string) answer {
		body, _ := json.Marshal(NewDocument{room, format, content, fragment})
		return w.send("POST", Path, string(body), as("application/json")...)
	}
	w.makeText("of%20another", "text")
	state := base64.StdEncoding.EncodeToString([]byte(w.reads("of%20another")))
	for _, test := range []struct {
		room, format, content, fragment string
		status                          int
		want                            string // the document, or the problem
	}{
		{"notes/a b", "markdown", "# Title", "", 201, `{"default":"<heading level=\"1\">Title</heading>"}`},
		{"b", "text", "plain", "text", 201, `{"text":"plain"}`},
		{"c", "yjs", state, "", 201, `{"text":"text"}`},
		{"b", "text", "plain", "text", 409, DocumentExists},
		{"d", "text", "plain", "", 422, "invalid"},
		{"d", "text", "", "text", 422, "invalid"},
		{"d", "yjs", "x", "", 422, "invalid"},
		{"d", "yjs", "AQ==", "", 422, InvalidUpdate},
		{"d", "json", "{}", "", 422, "invalid"},
		{"", "text", "x", "text", 422, "invalid"},
	} {
		a := post(test.room, test.format, test.content, test.fragment)
		if a.status != test.status || a.status != 201 && a.problem() != test.want {
			t.Errorf("%+v: %+v", test, a)
		}
		if a.status == 201 {
			got := w.must(200, "GET", a.header.Get("Location")+"?format=json", "")
			if got.body != test.want {
				t.Errorf("%s: %s", test.room, got.body)
			}
		}
	}
	if a := w.send("PUT", Path+"/b?fragment=text", "x", as("text/plain", ifNoneMatch, "*")...); a.problem() != PreconditionFailed || a.status != 412 {
		t.Errorf("%+v", a)
	}
}

// TestList shows the documents that there are, page by page, as far as a caller may list them.
func TestList(t *testing.T) {
	w := newWorld(t, nil)
	for _, room := range []string{"a", "open%2F1", "open%2F2", "open%2F3", "z"} {
		w.makeText(room, room)
	}
	list := func(query, key string) (rooms []string, next string) {
		var page Page
		a := w.must(200, "GET", Path+query, "", "Authorization", "Bearer "+key)
		if err := json.Unmarshal([]byte(a.body), &page); err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Documents {
			rooms = append(rooms, d.Room)
		}
		return rooms, page.NextAfter
	}
	for _, test := range []struct{ query, key, want string }{
		{"", allKey, "a open/1 open/2 open/3 z|"},
		{"?limit=2", allKey, "a open/1|open/1"},
		{"?limit=2&after=open/1", allKey, "open/2 open/3|open/3"},
		{"?prefix=open/", allKey, "open/1 open/2 open/3|"},
		{"", readerKey, "open/1 open/2 open/3|"},
		{"?limit=2", readerKey, "open/1 open/2|open/2"},
	} {
		rooms, next := list(test.query, test.key)
		if got := strings.Join(rooms, " ") + "|" + next; got != test.want {
			t.Errorf("%s: %s, want %s", test.query, got, test.want)
		}
	}
}

// TestRefusals shows the answer to each request that cannot be carried out, and that nothing is
// changed by it.
func TestRefusals(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.DocumentBytes = 1000 })
	tag := w.makeText("b", "text")
	w.makeMarkdown("m", "text")
	w.makeText("locked", "text")
	if err := w.engine.Lock(context.Background(), roomkey.MustParse("locked"), true, "ann"); err != nil {
		t.Fatal(err)
	}
	missing := updateTo(t, updateTo(t, "\x00\x00", "other"), "other text")
	for _, test := range []struct {
		method, path, body string
		headers            []string
		status             int
		problem            string
	}{
		{"GET", "/none", "", nil, 404, DocumentNotFound},
		{"GET", "/b%00", "", nil, 404, DocumentNotFound},
		{"GET", "/b?format=pdf", "", nil, 422, "invalid"},
		{"GET", "/b?formt=text", "", nil, 422, "invalid"},
		{"GET", "/b?fragment=text", "", nil, 422, "invalid"},
		{"GET", "/b?format=text&since=AA==", "", nil, 422, "invalid"},
		{"GET", "/b?since=%21", "", nil, 422, "invalid"},
		{"GET", "/b", "", []string{"Accept", "image/png"}, 406, "not-acceptable"},
		{"GET", "/b?format=markdown", "", nil, 409, WrongShape},
		{"GET", "/m?format=text&fragment=default", "", nil, 409, WrongShape},
		{"GET", "/b?format=json&fragment=none", "", nil, 409, WrongShape},
		{"GET", "/b/nothing", "", nil, 404, "not-found"},
		{"POST", "/b", "", nil, 405, "method-not-allowed"},
		{"PATCH", "/none", updateTo(t, "\x00\x00", "x"), as("application/octet-stream"), 404, DocumentNotFound},
		{"PATCH", "/none", "x", as("text/plain", ifMatch, tag), 404, DocumentNotFound},
		{"PATCH", "/b", "no update", as("application/octet-stream"), 422, InvalidUpdate},
		{"PATCH", "/b", missing, as("application/octet-stream"), 422, InvalidUpdate},
		{"PATCH", "/b", "x", as("application/json"), 415, "unsupported-media"},
		{"PATCH", "/b", "x", nil, 415, "unsupported-media"},
		{"PATCH", "/b", "x", as("text/plain"), 428, PreconditionRequired},
		{"PATCH", "/b", "\xff", as("text/plain", ifMatch, tag), 422, "invalid"},
		{"PATCH", "/b", "x", as("text/plain", ifMatch, `"other"`), 412, PreconditionFailed},
		{"PATCH", "/b", "x", as("text/markdown", ifMatch, tag), 409, WrongShape},
		{"PATCH", "/m", "x", as("text/plain", ifMatch, "*"), 409, WrongShape},
		{"PATCH", "/b", strings.Repeat("x", 1001), as("text/plain", ifMatch, tag), 413, "body-too-large"},
		{"PATCH", "/locked", "x", as("text/plain", ifMatch, "*"), 423, Locked},
		{"PUT", "/b", "x", as("application/octet-stream", ifMatch, tag), 428, PreconditionRequired},
		{"PUT", "/b?fragment=x", "x", as("application/octet-stream", ifMatch, tag), 422, "invalid"},
		{"PUT", "/new", "x", as("text/plain", ifNoneMatch, "*"), 422, "invalid"},
		{"PUT", "/new", "", as("text/markdown", ifNoneMatch, "*"), 422, "invalid"},
	} {
		a := w.send(test.method, Path+test.path, test.body, test.headers...)
		if a.status != test.status || a.problem() != test.problem || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %s, want %d %s", test.method, test.path, a.status, a.body, test.status, test.problem)
		}
	}
	for room, want := range map[string]string{"b": "text", "locked": "text", "m": "text\n"} {
		if got := w.reads(room + "?format=text"); got != want {
			t.Errorf("%s: %q", room, got)
		}
	}
	if strings.Contains(w.log.String(), "failed") || bytes.Contains(w.log.Bytes(), []byte(allKey)) {
		t.Error(w.log.String())
	}
}
