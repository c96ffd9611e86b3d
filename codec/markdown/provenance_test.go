package markdown_test

import (
	"encoding/hex"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// lastOf returns the last struct of an update of one client, and all of its structs.
func lastOf(t *testing.T, update []byte) (last yjs.Struct, run yjs.Structs) {
	t.Helper()
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		t.Fatal(err)
	}
	r := u.Read()
	r.NextSection()
	run = r.Structs
	for r.Structs.Read(&last) {
	}
	return last, run
}

// TestIsProvenance shows that the last struct of a seed is recognized, and that structs that look
// like it are not.
func TestIsProvenance(t *testing.T) {
	digest := markdown.DigestOf([]byte("structs"))
	entry := func(client uint64, root, key string, value any) []byte {
		w := markdown.Schema{}.NewWriter(client)
		w.Attribute(markdown.Place{Parent: markdown.Schema{Fragment: root}.InRoot()}, key, value)
		return lib0.AppendUvarint(w.AppendSections(nil), 0)
	}
	key, id := hex.EncodeToString(digest[:]), digest.SeedClient()
	proven := markdown.Schema{}.NewWriter(id)
	proven.Provenance(digest)
	for name, c := range map[string]struct {
		update []byte
		want   bool
	}{
		"a seed":             {markdown.Schema{}.Seed(parse(t, minutes)), true},
		"its form":           {lib0.AppendUvarint(proven.AppendSections(nil), 0), true},
		"written by hand":    {entry(id, markdown.ProvenanceRoot, key, "seed"), true},
		"another client's":   {entry(id+1, markdown.ProvenanceRoot, key, "seed"), false},
		"another root":       {entry(id, "default", key, "seed"), false},
		"a key of no length": {entry(id, markdown.ProvenanceRoot, "x", "seed"), false},
		"no hexadecimal":     {entry(id, markdown.ProvenanceRoot, "x"+key[1:], "seed"), false},
		"another value":      {entry(id, markdown.ProvenanceRoot, key, "edit"), false},
		"no string":          {entry(id, markdown.ProvenanceRoot, key, 4.0), false},
		"text":               {[]byte{1, 1, 5, 0, 4, 1, 1, 't', 1, 'a', 0}, false},
	} {
		last, run := lastOf(t, c.update)
		if got := markdown.IsProvenance(&last, run.Raw()); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if n := testing.AllocsPerRun(100, func() { markdown.IsProvenance(&last, run.Raw()) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestIsEdit shows that edits are recognized by their structs, and not by their client id.
func TestIsEdit(t *testing.T) {
	write := func(client uint64) []byte {
		w := markdown.Schema{}.NewWriter(client)
		at := markdown.Place{Left: yjs.ID{Client: 7, Clock: 3}, HasLeft: true,
			Right: yjs.ID{Client: 7, Clock: 4}, HasRight: true}
		w.Nodes(&at, parse(t, "new **text**").Content)
		return lib0.AppendUvarint(w.AppendSections(nil), 0)
	}
	w := markdown.Schema{}.NewWriter(0)
	_, zero := lastOf(t, write(0))
	at := markdown.Place{Left: yjs.ID{Client: 7, Clock: 3}, HasLeft: true,
		Right: yjs.ID{Client: 7, Clock: 4}, HasRight: true}
	w.Nodes(&at, parse(t, "new **text**").Content)
	id := markdown.DigestOf(w.Structs()).EditClient()
	for client, want := range map[uint64]bool{id: true, id + 1: false, 1 << 52: false, lib0.MaxSafeInteger: false, 5: false} {
		if _, run := lastOf(t, write(client)); markdown.IsEdit(run) != want {
			t.Errorf("client %d: want %v", client, want)
		}
	}
	if markdown.IsEdit(zero) {
		t.Error("what client 0 wrote is taken for an edit")
	}
}
