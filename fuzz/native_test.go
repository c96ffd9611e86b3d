package fuzz

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// fixtures returns small updates of real Yjs, one for each kind of content.
// worker/fixtures.mjs makes them.
func fixtures(t testing.TB) (updates map[string][]byte) {
	t.Helper()
	b, err := os.ReadFile("testdata/updates.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &updates); err != nil {
		t.Fatal(err)
	}
	return updates
}

func TestFixturesAreAccepted(t *testing.T) {
	for name, update := range fixtures(t) {
		if _, err := yjs.CheckUpdate(update); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzCheckUpdate walks over the updates that CheckUpdate accepts.
func FuzzCheckUpdate(f *testing.F) {
	for _, update := range fixtures(f) {
		f.Add(update)
		f.Add(update[:len(update)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		u, err := yjs.CheckUpdate(b)
		if !bytes.Equal(b, before) {
			t.Fatal("CheckUpdate wrote to its input")
		}
		if err == nil {
			walk(t, u)
		}
	})
}

// walk reads all of u, and checks that the structs of a section follow each other, and that nothing
// is left over.
func walk(t *testing.T, u yjs.CheckedUpdate) {
	r := u.Read()
	for r.NextSection() {
		var s yjs.Struct
		for next := r.Structs.Next; r.Structs.Read(&s); next.Clock += s.Len {
			if s.Client != next.Client || s.Clock != next.Clock || s.Len == 0 {
				t.Fatalf("struct %d:%d+%d where %d:%d comes next", s.Client, s.Clock, s.Len, next.Client, next.Clock)
			}
		}
	}
	d := r.Deletes()
	for dr := (yjs.DeleteRange{}); d.Next(&dr); {
		if dr.End <= dr.Clock {
			t.Fatalf("deletes %d..%d", dr.Clock, dr.End)
		}
	}
	if d.Err() != nil || d.Len() > 0 {
		t.Fatalf("%d bytes left, %v", d.Len(), d.Err())
	}
}

// FuzzApply applies two updates to a document. It has no Yjs, so it only compares the document with
// itself; TestPoison compares more.
func FuzzApply(f *testing.F) {
	all := fixtures(f)
	for _, update := range all {
		f.Add(update, all["skip"])
		f.Add(all["diff"], update)
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		s := scenario{Hostile: true, Batch: 1, Every: 1, Updates: [][]byte{a, b}}
		if _, err := record(s); err != nil {
			t.Fatal(err)
		}
		bounded(t, a, b)
	})
}

// perByte is the most memory in a document for a byte of an update: a pending delete of two bytes
// takes 48.
const perByte = 64

func bounded(t *testing.T, updates ...[]byte) {
	var d ydoc.Doc
	total := 0
	for _, b := range updates {
		total += len(b)
		if u, err := yjs.CheckUpdate(b); err == nil {
			d.Apply(u)
		}
	}
	if size := d.Size() + d.PendingSize(); size > 1024+total*perByte {
		t.Fatalf("%d bytes made a document of %d", total, size)
	}
}
