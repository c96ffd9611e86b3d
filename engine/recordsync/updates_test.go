package recordsync

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// textUpdate returns an update in which a client writes a text: at the start of the root "t", or
// from a clock on, after its own text.
func textUpdate(client, clock byte, text string) []byte {
	u := []byte{1, 1, client, clock}
	if clock == 0 {
		u = append(u, 4, 1, 1, 't')
	} else {
		u = append(u, 4|0x80, client, clock-1)
	}
	u = append(append(u, byte(len(text))), text...)
	return append(u, 0)
}

// deletion returns an update that deletes a character.
func deletion(client, clock byte) []byte { return []byte{0, 1, client, 1, clock, 1} }

// stateOf returns the state of a document with updates, which must be complete.
func stateOf(t *testing.T, updates ...[]byte) []byte {
	t.Helper()
	var doc ydoc.Doc
	for _, u := range updates {
		checked, err := yjs.CheckUpdate(u)
		if err != nil {
			t.Fatal(err)
		}
		if err := applyWhole(&doc, checked); err != nil {
			t.Fatal(err)
		}
	}
	return doc.AppendState(nil)
}

// TestFingerprintsTellDocumentsApart shows that documents have the same fingerprint if and only if
// they have the same structs and deleted ranges, in whichever order these came.
func TestFingerprintsTellDocumentsApart(t *testing.T) {
	a, b := textUpdate(1, 0, "ab"), textUpdate(2, 0, "cd")
	documents := map[string][]string{}
	for name, updates := range map[string][][]byte{
		"empty": {}, "a": {a}, "b": {b}, "a and b": {a, b}, "a longer": {a, textUpdate(1, 2, "x")},
		"a, a character deleted": {a, deletion(1, 0)}, "a, another deleted": {a, deletion(1, 1)},
	} {
		print, err := fingerprintOf(stateOf(t, updates...))
		if err != nil {
			t.Fatal(err)
		}
		if name == "a and b" {
			slices.Reverse(updates)
			if again, err := fingerprintOf(stateOf(t, append(updates, a)...)); again != print || err != nil {
				t.Errorf("%s: %q in another order, %q, %v", name, again, print, err)
			}
		}
		documents[print] = append(documents[print], name)
	}
	if len(documents) != 7 || !slices.Equal(documents[""], []string{"empty"}) {
		t.Errorf("%q", documents)
	}
}

// TestContentsMustBeWhole shows that an update is refused as the content of a record if it is
// malformed, too large or refers to updates that it lacks, and that an empty one is an empty
// document.
func TestContentsMustBeWhole(t *testing.T) {
	for name, test := range map[string]struct {
		update []byte
		ok     bool
		empty  bool
	}{
		"text":      {textUpdate(1, 0, "ab"), true, false},
		"none":      {nil, true, true},
		"no struct": {[]byte{0, 0}, true, true},
		"a part":    {textUpdate(1, 2, "ab"), false, true},
		"too large": {textUpdate(1, 0, strings.Repeat("x", 40)), false, true},
		"malformed": {[]byte("# Markdown"), false, true},
	} {
		u, print, err := updateOf(Text{Update: test.update}, 40)
		if (err == nil) != test.ok || (print == "") != test.empty || (len(u.Bytes()) == 0) != test.empty {
			t.Errorf("%s: %x, %q, %v", name, u.Bytes(), print, err)
		}
		if name == "a part" && !errors.Is(err, errIncomplete) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWritersAreKeptOnce shows that a draft names each user once, at most MaxWriters of them, and
// that a user who goes on writing costs no memory.
func TestWritersAreKeptOnce(t *testing.T) {
	r := &Record{}
	for i := range 2 * MaxWriters {
		for range 3 {
			r.addWriter(fmt.Sprint("user ", i%150))
			r.writer, r.written = fmt.Sprint("user ", i%150), true
		}
	}
	if len(r.writers) != MaxWriters || r.writers[0] != "user 0" || r.writers[99] != "user 99" {
		t.Errorf("%d writers: %q", len(r.writers), r.writers)
	}
	if n := testing.AllocsPerRun(100, func() { r.addWriter("user 7") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
