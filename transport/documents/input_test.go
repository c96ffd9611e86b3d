package documents

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/documents/access"
)

// TestAccept shows the format that is chosen: the one that the client prefers, by the most specific
// range, and of several the first.
func TestAccept(t *testing.T) {
	w := newWorld(t, nil)
	w.makeMarkdown("a", "text")
	for accept, want := range map[string]string{
		"*/*":                                 "application/octet-stream",
		"text/markdown, */*;q=0.1":            "text/markdown; charset=utf-8",
		"application/json;q=0.5, text/plain":  "text/plain; charset=utf-8",
		"text/*, text/markdown;q=0":           "text/plain; charset=utf-8",
		"*/*, application/octet-stream;q=0.2": "application/json",
		"text/html, text/plain;q=0.9":         "text/plain; charset=utf-8",
	} {
		if a := w.must(200, "GET", Path+"/a", "", "Accept", accept); a.header.Get("Content-Type") != want {
			t.Errorf("%s: %s, want %s", accept, a.header.Get("Content-Type"), want)
		}
	}
	for _, accept := range []string{"*/*;q=0", "text/html", "text/plain;q=2", "text/plain;q=x"} {
		if a := w.send("GET", Path+"/a", "", "Accept", accept); a.status != 406 {
			t.Errorf("%s: %d %s", accept, a.status, a.body)
		}
	}
}

// TestBodyTypes shows that a body is refused that would have to be decompressed, or is not in
// UTF-8.
func TestBodyTypes(t *testing.T) {
	w := newWorld(t, nil)
	w.makeText("b", "text")
	for _, test := range []struct {
		method, path, body string
		headers            []string
		status             int
	}{
		{"PATCH", "/b", "x", as("text/plain", ifMatch, "*", "Content-Encoding", "gzip"), 415},
		{"PATCH", "/b", "x", as("text/plain; charset=iso-8859-1", ifMatch, "*"), 415},
		{"PATCH", "/b", "\x00\x00", as("application/octet-stream", "Content-Encoding", "br"), 415},
		{"POST", "", `{"room":"c","format":"markdown","content":"x"}`, as("application/json", "Content-Encoding", "deflate"), 415},
		{"POST", "", `{"room":"c","format":"markdown","content":"x"}`, as("application/json; charset=utf-16"), 415},
		{"POST", "", "{\"room\":\"c\",\"format\":\"markdown\",\"content\":\"\xff\"}", as("application/json"), 400},
		{"PATCH", "/b", "text", as(`text/plain; charset="UTF-8"`, ifMatch, "*", "Content-Encoding", "identity"), 200},
	} {
		if a := w.send(test.method, Path+test.path, test.body, test.headers...); a.status != test.status {
			t.Errorf("%q as %q: %d %s", test.body, test.headers, a.status, a.body)
		}
	}
	w.must(404, "GET", Path+"/c", "")
	if got := w.reads("b?format=text"); got != "text" {
		t.Errorf("%q", got)
	}
}

// unread is a body of which nothing may be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}

// TestBodiesThatSayTheyAreTooLong shows that nothing is read of a body that will be too long.
func TestBodiesThatSayTheyAreTooLong(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.DocumentBytes = 1000 })
	for _, test := range []struct {
		method, path, media string
		length              int64
	}{
		{"PUT", "/c", "application/octet-stream", 1001}, {"POST", "", "application/json", 2001},
		{"PUT", "/c/presence", "application/json", 1 << 20},
	} {
		r := httptest.NewRequest(test.method, Path+test.path, unread{t})
		r.ContentLength = test.length
		r.Header.Set("Authorization", "Bearer "+allKey)
		r.Header.Set("Content-Type", test.media)
		r.Header.Set(ifNoneMatch, "*")
		out := httptest.NewRecorder()
		if w.server.Serve(out, r, w.client); out.Code != 413 {
			t.Errorf("%s %s: %d %s", test.method, test.path, out.Code, out.Body)
		}
	}
}

// rootUpdate returns an update with a root "r" that has the value "x": an array or, with a key, a
// map.
func rootUpdate(key string) string {
	info, under := byte(8), ""
	if key != "" {
		info, under = 0x28, fmt.Sprintf("%c%s", len(key), key)
	}
	return "\x01\x01\x07\x00" + string(info) + "\x01\x01r" + under + "\x01\x77\x01x" + "\x00"
}

// TestOtherRoots shows that Markdown is neither read from a map or an array nor written into one,
// and that the root of the server's own notes is no text.
func TestOtherRoots(t *testing.T) {
	w := newWorld(t, nil)
	for room, want := range map[string]string{"map": `{"r":{"k":"x"}}`, "array": `{"r":["x"]}`} {
		key := map[string]string{"map": "k"}[room]
		w.must(201, "PUT", Path+"/"+room, rootUpdate(key), as("application/octet-stream", ifNoneMatch, "*")...)
		for _, a := range []answer{
			w.send("GET", Path+"/"+room+"?format=markdown&fragment=r", ""),
			w.send("PATCH", Path+"/"+room+"?fragment=r", "# x", as("text/markdown", ifMatch, "*")...),
			w.send("PUT", Path+"/"+room+"?fragment=r", "# x", as("text/markdown", ifMatch, "*")...),
			w.send("PATCH", Path+"/"+room+"?fragment=civic-realtime", "x", as("text/plain", ifMatch, "*")...),
		} {
			if a.problem() != WrongShape {
				t.Errorf("%s: %+v", room, a)
			}
		}
		if got := w.reads(room + "?format=json"); got != want {
			t.Errorf("%s: %s, want %s", room, got, want)
		}
	}
	for _, media := range []string{"text/plain", "text/markdown"} {
		a := w.send("PUT", Path+"/new?fragment=civic-realtime", "x", as(media, ifNoneMatch, "*")...)
		if a.problem() != WrongShape {
			t.Errorf("%s: %+v", media, a)
		}
	}
	w.must(404, "GET", Path+"/new", "")
}

// TestDeepUpdates shows that an update with types that are nested too deeply is refused as a whole.
func TestDeepUpdates(t *testing.T) {
	w := newWorld(t, nil)
	w.makeText("b", "text")
	for _, a := range []answer{
		w.send("PUT", Path+"/c", nested(201, 0), as("application/octet-stream", ifNoneMatch, "*")...),
		w.send("PATCH", Path+"/b", nested(201, 0), as("application/octet-stream")...),
	} {
		if a.problem() != InvalidUpdate || !strings.Contains(a.body, "nested too deeply") {
			t.Errorf("%+v", a)
		}
	}
	w.must(404, "GET", Path+"/c", "")
	if got := w.reads("b?format=json"); got != `{"text":"text"}` {
		t.Error(got)
	}
	w.must(200, "PATCH", Path+"/b", nested(200, 0), as("application/octet-stream")...)
}

// TestNothingIsCreated shows that no document is said to be created without content, and none with
// a name that no client could have in a path.
func TestNothingIsCreated(t *testing.T) {
	w := newWorld(t, nil)
	if a := w.send("PUT", Path+"/c", "\x00\x00", as("application/octet-stream", ifNoneMatch, "*")...); a.problem() != "invalid" {
		t.Errorf("%+v", a)
	}
	for body, field := range map[string]string{
		`{"room":"c","format":"yjs","content":"AAA="}`:                                                              "/content",
		`{"room":"..","format":"markdown","content":"x"}`:                                                           "/room",
		`{"room":".","format":"yjs","content":"` + base64.StdEncoding.EncodeToString([]byte(rootUpdate(""))) + `"}`: "/room",
	} {
		a := w.send("POST", Path, body, as("application/json")...)
		if a.problem() != "invalid" || !strings.Contains(a.body, `"field":"`+field+`"`) {
			t.Errorf("%s: %+v", body, a)
		}
	}
	w.mustNotBeThere("c")
	if rooms := w.engine.Rooms(); len(rooms) != 0 {
		t.Errorf("%+v", rooms)
	}
}

// TestNothingIsOpened shows that requests about documents that are not there open no room.
func TestNothingIsOpened(t *testing.T) {
	w := newWorld(t, nil)
	star := []string{ifMatch, "*"}
	for _, test := range []struct {
		method, path, body string
		headers            []string
	}{
		{"GET", "", "", nil},
		{"GET", "?format=text", "", nil},
		{"PATCH", "", "x", as("text/plain", star...)},
		{"PATCH", "", "x", as("text/markdown", star...)},
		{"PUT", "", "x", as("text/markdown", star...)},
		{"PATCH", "", rootUpdate(""), as("application/octet-stream", star...)},
		{"PATCH", "", "x", as("text/markdown", append(star, onBehalfOf, "ann")...)},
		{"PUT", "/presence", "{}", as("application/json")},
		{"GET", "/versions", "", nil},
		{"POST", "/versions", "", nil},
		{"GET", "/versions/1", "", nil},
		{"PATCH", "/versions/1", "{}", as("application/json")},
		{"DELETE", "/versions/1", "", nil},
		{"POST", "/versions/1/restore", "", nil},
		{"GET", "/compare", "", nil},
		{"GET", "/authors", "", nil},
		{"DELETE", "", "", nil},
	} {
		for _, room := range []string{"none", "record:none"} {
			a := w.send(test.method, Path+"/"+room+test.path, test.body, test.headers...)
			if a.status != 404 {
				t.Errorf("%s %s%s: %+v", test.method, room, test.path, a)
			}
			if rooms := w.engine.Rooms(); len(rooms) != 0 {
				t.Fatalf("%s %s%s: %+v", test.method, room, test.path, rooms)
			}
		}
	}
}

// TestRecordsThatAreNotThere shows that a record without a text from elsewhere does not exist
// before its first content, so that it takes the right to create it, and is deleted for all.
func TestRecordsThatAreNotThere(t *testing.T) {
	const key = "a key that may edit what there is, it is said"
	w := newWorld(t, func(c *Config) {
		var err error
		if c.Keys, err = access.NewKeys([]access.Key{
			{Name: "all", Key: allKey, Rooms: []string{"*"}, Scopes: strings.Split(access.Names(), ", ")},
			{Name: "writer", Key: key, Rooms: []string{"*"}, Scopes: []string{"documents:read", "documents:write"}},
		}); err != nil {
			t.Fatal(err)
		}
	})
	update := updateTo(t, "\x00\x00", "x")
	for _, headers := range [][]string{nil, {ifMatch, "*"}} {
		headers = as("application/octet-stream", append(headers, "Authorization", "Bearer "+key)...)
		if a := w.send("PATCH", Path+"/record:a", update, headers...); a.problem() != DocumentNotFound {
			t.Errorf("%+v", a)
		}
	}
	json := as("application/json")
	for range 2 {
		for path, method := range map[string]string{"presence": "PUT", "versions": "GET", "authors": "GET"} {
			if a := w.send(method, Path+"/record:a/"+path, "", json...); a.problem() != DocumentNotFound {
				t.Errorf("%s: %+v", path, a)
			}
		}
		w.must(201, "PUT", Path+"/record:a", update, as("application/octet-stream", ifNoneMatch, "*")...)
		w.must(200, "PUT", Path+"/record:a/presence", "{}", json...)
		w.must(204, "DELETE", Path+"/record:a", "")
		for path, method := range map[string]string{"presence": "PUT", "versions": "GET", "authors": "GET"} {
			if a := w.send(method, Path+"/record:a/"+path, "", json...); a.problem() != Deleted {
				t.Errorf("%s: %+v", path, a)
			}
		}
		w.must(204, "DELETE", Path+"/record:a/tombstone", "")
	}
}

// TestOpenAndEmpty shows that a document in which nobody has written yet has versions, none, and
// takes presence, while somebody has it open; it is not there otherwise, and not for edits.
func TestOpenAndEmpty(t *testing.T) {
	w := newWorld(t, nil)
	routes := map[string]string{"presence": "PUT", "versions": "GET"}
	missing := func(method, path string) {
		t.Helper()
		if a := w.send(method, Path+"/record:a"+path, "", as("application/json")...); a.problem() != DocumentNotFound {
			t.Errorf("%s: %+v", path, a)
		}
	}
	for path, method := range routes {
		missing(method, "/"+path)
	}
	_, err := w.engine.Join(context.Background(), roomkey.MustParse("record:a"), new(watcher), protocol.JSON{}, engine.Identity{})
	if err != nil {
		t.Fatal(err)
	}
	for path, method := range routes {
		w.must(200, method, Path+"/record:a/"+path, "", as("application/json")...)
	}
	missing("GET", "/authors")
	missing("GET", "")
	if a := w.send("PATCH", Path+"/record:a", updateTo(t, "\x00\x00", "x"), as("application/octet-stream")...); a.problem() != DocumentNotFound {
		t.Errorf("%+v", a)
	}
}

// TestRecordsOfOthers shows that a record whose text is elsewhere may be edited before it is
// loaded.
func TestRecordsOfOthers(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Records = true })
	w.must(200, "PATCH", Path+"/record:a", updateTo(t, "\x00\x00", "x"), as("application/octet-stream")...)
	w.must(200, "GET", Path+"/record:b/versions", "")
	_, err := w.engine.ReadDocument(context.Background(), roomkey.MustParse("record:b"), func(engine.Document) bool { return true })
	if err != engine.ErrNoRoom {
		t.Error(err)
	}
}
