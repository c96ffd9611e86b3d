package documents

import (
	"fmt"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// formatted returns an update with a text of XML in "default", in which some formats begin and hold
// for all of its runs.
func formatted(formats, runs int) string {
	const client = 7
	b := yjs.AppendID(lib0.AppendUvarint([]byte{1}, uint64(1+formats+2*runs)), yjs.ID{Client: client})
	b = append(lib0.AppendString(append(b, yjs.RefType, 1), "default"), yjs.TypeXMLText)
	clock := uint64(1)
	item := func(ref byte, content ...string) {
		if clock == 1 {
			b = yjs.AppendID(append(b, ref, 0), yjs.ID{Client: client})
		} else {
			b = yjs.AppendID(append(b, ref|yjs.InfoOrigin), yjs.ID{Client: client, Clock: clock - 1})
		}
		for _, s := range content {
			b = lib0.AppendString(b, s)
		}
		clock++
	}
	for i := range formats {
		item(yjs.RefFormat, fmt.Sprintf("f%d", i), `{"a":1}`)
	}
	for i := range runs {
		item(yjs.RefFormat, "z", []string{"1", "null"}[i%2])
		item(yjs.RefString, "x")
	}
	return string(append(b, 0))
}

// nested returns an update with values in an array at some depth, each of which is a part of the
// document for itself.
func nested(depth, values int) string {
	b := yjs.AppendID(lib0.AppendUvarint([]byte{1}, uint64(depth+values)), yjs.ID{Client: 7})
	for i := range depth + values {
		ref := byte(yjs.RefType)
		if i >= depth {
			ref = yjs.RefBinary
		}
		if i == 0 {
			b = lib0.AppendString(append(b, ref, 1), "list")
		} else {
			b = yjs.AppendID(append(b, ref, 0), yjs.ID{Client: 7, Clock: uint64(min(i, depth) - 1)})
		}
		b = append(b, 0) // an array, or no bytes
	}
	return string(append(b, 0))
}

// TestAnswersThatWouldBeHuge shows that a document is refused as too expensive to read of which the
// answer would be very many times as large, and that its text can be read.
func TestAnswersThatWouldBeHuge(t *testing.T) {
	w := newWorld(t, nil)
	put := func(room, update string) {
		t.Helper()
		w.must(201, "PUT", Path+"/"+room, update, as("application/octet-stream", ifNoneMatch, "*")...)
		if a := w.must(201, "POST", Path+"/"+room+"/versions", ""); decoded[Version](t, a).ID != "1" {
			t.Fatal(a.body)
		}
	}
	put("formats", formatted(1000, 3000))
	w.must(200, "PATCH", Path+"/formats", "x", as("text/markdown", ifMatch, "*")...)
	put("formats2", formatted(1000, 3000))
	put("nested", nested(150, 200_000))
	for _, path := range []string{
		"formats2?format=json", "formats2/compare", "formats/compare?to=1", "formats/versions/1?format=json",
		"nested/authors",
	} {
		if a := w.send("GET", Path+"/"+path, ""); a.problem() != api.Conflict {
			t.Errorf("%s: %d, %d bytes", path, a.status, len(a.body))
		}
	}
	if got := w.reads("formats2?format=text"); len(got) != 3001 {
		t.Errorf("%d bytes of text", len(got))
	}
	put("usual", formatted(5, 3000))
	for _, path := range []string{"usual?format=json", "usual/compare", "usual/authors"} {
		w.must(200, "GET", Path+"/"+path, "")
	}
}
