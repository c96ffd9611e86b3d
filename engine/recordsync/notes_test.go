package recordsync

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// TestInvalidEntries shows that an entry of an unknown or incomplete form is an error, and that an
// entry whose text cannot be read leaves the text unknown.
func TestInvalidEntries(t *testing.T) {
	b := mergeBase{revision: "m", hash: hashOf("a"), showsDrafts: true, generation: 1}
	for name, entry := range map[string]string{
		"of an unknown form": "\x07text", "a patch without a hash": "\x02short",
		"texts that are cut": "\x03\x05abc", "an endless length": "\x03\xff\xff",
	} {
		n := Notes{Compression: snapshot.Raw}
		if err := n.Add(appendNote(nil, b, []byte(entry)), nil); !errors.Is(err, ErrNote) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, entry := range map[string]string{
		"a text that is none": "\x01text", "a patch of nothing": "\x02" + string(b.hash[:]) + "patch",
		"earlier texts that are none": "\x03\x01a\x01b",
	} {
		n := Notes{Compression: snapshot.Raw}
		if err := n.Add(appendNote(nil, b, []byte(entry)), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		text := n.text()
		if text, ok := text.textOf(n.base); ok {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// TestNotesWithMissingPatches shows that the text is unknown if a note patches the text of a note
// that is missing, and known again after a note with a whole text.
func TestNotesWithMissingPatches(t *testing.T) {
	c := compressor(snapshot.Raw)
	lines := func(n int) string { return strings.Repeat("a line\n", n) }
	var text baseText
	var notes [][]byte
	for n := range 6 {
		b := mergeBase{
			revision: Revision(fmt.Sprint(n)), hash: hashOf(lines(n + 20)), showsDrafts: true,
			generation: uint64(n + 1),
		}
		text.set(c.changeTo(&text, lines(n+20)))
		notes = append(notes, appendNote(nil, b, text.entry))
		text.setJournaled()
	}
	anew := mergeBase{hash: hashOf("new"), generation: 9}
	for name, tt := range map[string]struct {
		notes [][]byte
		want  string
	}{
		"all":              {notes, lines(25)},
		"one twice":        {[][]byte{notes[0], notes[1], notes[0], notes[1], notes[2]}, lines(22)},
		"one is missing":   {[][]byte{notes[0], notes[2]}, ""},
		"the first is":     {notes[1:], ""},
		"then it is known": {[][]byte{notes[2], appendNote(nil, anew, append([]byte{entryText}, c.compress([]byte("new"))...))}, "new"},
	} {
		n := Notes{Compression: snapshot.Raw}
		for _, note := range tt.notes {
			if err := n.Add(note, nil); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got, _ := decompress(n.text().current); got != tt.want {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(tt.want))
		}
		if n.Generation() == 0 {
			t.Errorf("%s: no merge base", name)
		}
	}
}
