package recordsync

import (
	"errors"
	"strings"
	"testing"
)

// TestNoteRoundTrip checks that notes are read as they were written, and that the first form is
// read.
func TestNoteRoundTrip(t *testing.T) {
	for _, b := range []mergeBase{
		{revision: "m", hash: hashOf("a"), showsDrafts: true, generation: 1},
		{revision: "", hash: hashOf("b"), generation: 1 << 40},
		{revision: Revision(strings.Repeat("m", MaxRevision)), showsDrafts: true, generation: 300},
		{revision: "m", showsDrafts: true, gone: true, generation: 2},
	} {
		for _, entry := range []string{"", "an entry"} {
			note := appendNote(nil, b, []byte(entry))
			if got, rest, err := parseNote(note); err != nil || got != b || string(rest) != entry {
				t.Errorf("%v and %q came back as %v and %q, %v", b, entry, got, rest, err)
			}
		}
	}
	if note := appendNote(nil, mergeBase{revision: "m"}, []byte("an entry")); note != nil {
		t.Errorf("no base is %q", note)
	}
	long := mergeBase{revision: Revision(strings.Repeat("m", MaxRevision+1)), generation: 1}
	if got, _, err := parseNote(appendNote(nil, long, nil)); err != nil || got.revision != "" {
		t.Errorf("a revision that is too long came back as %q, %v", got.revision, err)
	}
	first := append(append([]byte{1, 7, 1}, make([]byte, 32)...), "mark"...)
	if got, entry, err := parseNote(first); err != nil ||
		got != (mergeBase{revision: "mark", showsDrafts: true, generation: 7}) || len(entry) > 0 {
		t.Errorf("one of the first form came back as %v and %q, %v", got, entry, err)
	}
}

// TestInvalidNotes checks that parseNote refuses notes that no release has written.
func TestInvalidNotes(t *testing.T) {
	good := string(appendNote(nil, mergeBase{revision: "m", hash: hashOf("a"), showsDrafts: true,
		generation: 1}, nil))
	for name, note := range map[string]string{
		"empty": "", "another form": "\x03" + good[1:], "endless generation": "\x02" + strings.Repeat("\xff", 20),
		"no generation": "\x02\x00" + good[2:], "unknown flags": good[:2] + "\x04" + good[3:], "cut": good[:20],
		"no revision": good[:len(good)-2], "a revision that is cut": good[:len(good)-1], "an endless revision": good[:len(good)-2] + strings.Repeat("\xff", 20),
	} {
		if b, _, err := parseNote([]byte(note)); !errors.Is(err, ErrNote) {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
}
