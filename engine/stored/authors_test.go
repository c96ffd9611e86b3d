package stored

import (
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// typedBy returns the updates of two users: text, more of it, and the deletion of some.
func typedBy(t *testing.T) (rows [][]byte, states [][]byte, table *authors.Map) {
	t.Helper()
	var doc ydoc.Doc
	table = authors.New(0)
	for i, u := range []struct{ user, update string }{
		{"ann", "\x01\x01\x07\x00\x04\x01\x01t\x03one\x00"},
		{"ben", "\x01\x01\x07\x03\x84\x07\x02\x03two\x00"},
		{"ben", "\x00\x01\x07\x01\x00\x02"},
		{"ann", "\x01\x01\x07\x06\x84\x07\x05\x01!\x00"},
	} {
		update, err := yjs.CheckUpdate([]byte(u.update))
		if err != nil {
			t.Fatal(err)
		}
		doc.ApplyBy(update, table.Number(authors.Author{ID: u.user}), table)
		f := snapshot.Fields{Authors: table.Row()}
		rows = append(rows, append(AppendRowHeader(nil, uint64(i+1), f), u.update...))
		state, err := snapshot.Append(nil, snapshot.Snapshot{
			Version: uint64(i + 1), State: doc.AppendState(nil), Authors: table.Append(nil),
		}, snapshot.Raw)
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, state)
	}
	return rows, states, table
}

func wantAuthors(t *testing.T, what string, form []byte) {
	t.Helper()
	table := AuthorsOf(form, 0)
	for clock, want := range []string{"ann", "ann", "ann", "ben", "ben", "ben", "ann"} {
		if by, _ := table.Writer(7, uint64(clock)); by.ID != want {
			t.Errorf("%s: %q wrote unit %d, not %q", what, by.ID, clock, want)
		}
	}
	for clock, want := range []string{"ben", "ben", ""} {
		if by, _ := table.Deleter(7, uint64(clock)); by.ID != want {
			t.Errorf("%s: %q deleted unit %d, not %q", what, by.ID, clock, want)
		}
	}
}

// TestReadAuthors shows that a snapshot and the rows after it, some of which it may have, give all
// authors, also where a row before them is lost, as far as they say them.
func TestReadAuthors(t *testing.T) {
	rows, states, table := typedBy(t)
	wantAuthors(t, "live", table.Append(nil))
	for n := range len(states) + 1 {
		for from := range n + 1 {
			var blob []byte
			if n > 0 {
				blob = states[n-1]
			}
			s, err := Read(blob, rows[from:], 1000)
			if err != nil {
				t.Fatal(err)
			}
			wantAuthors(t, "read", s.Authors)
			s, lost, err := Salvage(blob, rows[from:], 1000)
			if err != nil || lost > 0 {
				t.Fatal(err)
			}
			wantAuthors(t, "salvaged", s.Authors)
		}
	}
	s, lost, err := Salvage(states[0], [][]byte{{9}, rows[1]}, 1000)
	if err != nil || lost != 1 {
		t.Fatalf("%d lost, %v", lost, err)
	}
	if by, _ := AuthorsOf(s.Authors, 0).Writer(7, 4); by.ID != "ben" {
		t.Errorf("%v", by)
	}
}

// TestUsersSince shows which users wrote the rows after a version, each once, also where a snapshot
// has some of the rows, and that an error of the document is one.
func TestUsersSince(t *testing.T) {
	rows, states, _ := typedBy(t)
	for _, test := range []struct {
		snapshot int // rows that it has; 0: there is none
		after    uint64
		want     string
	}{
		{0, 0, "ann ben"}, {0, 1, "ben ann"}, {0, 2, "ben ann"}, {0, 3, "ann"}, {0, 4, ""},
		{1, 1, "ben ann"}, {2, 0, "ben ann"}, {3, 1, "ann"}, {4, 0, ""},
	} {
		var blob []byte
		if test.snapshot > 0 {
			blob = states[test.snapshot-1]
		}
		users, err := UsersSince(blob, rows, test.after, 1000)
		var got []string
		for _, u := range users {
			got = append(got, u.ID)
		}
		if text := strings.Join(got, " "); text != test.want || err != nil {
			t.Errorf("%+v: %q, %v", test, text, err)
		}
	}
	if _, err := UsersSince(states[0], [][]byte{{9}}, 0, 1000); err == nil {
		t.Error("no error of a row of another form")
	}
}

// TestUnreadableAuthors shows that a document whose authors cannot be read is read all the same.
func TestUnreadableAuthors(t *testing.T) {
	blob, err := snapshot.Append(nil, snapshot.Snapshot{
		Version: 1, State: []byte("\x01\x01\x07\x00\x04\x01\x01t\x03one\x00"), Authors: []byte{0xff},
	}, snapshot.Raw)
	if err != nil {
		t.Fatal(err)
	}
	row := append(AppendRowHeader(nil, 2, snapshot.Fields{Authors: []byte{7}}), "\x01\x01\x07\x03\x84\x07\x02\x03two\x00"...)
	s, err := Read(blob, [][]byte{row}, 1000)
	if err != nil || len(s.Authors) > 0 || len(s.State) < 10 {
		t.Errorf("%+v, %v", s, err)
	}
}
