package authors

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/steps"
)

var ann, ben = Author{ID: "u-ann", Name: "Ann A."}, Author{ID: "u-ben", Name: "Ben"}

// TestWriterAndDeleter shows that a table knows who wrote and who deleted a unit, and up to which
// clock that holds.
func TestWriterAndDeleter(t *testing.T) {
	table := New(0)
	a, b := table.Number(ann), table.Number(ben)
	table.Inserted(7, 2, 5, a)
	table.Inserted(7, 5, 9, a)
	table.Inserted(7, 9, 12, b)
	table.Inserted(8, 0, 3, Nobody)
	table.Deleted(7, 3, 4, b)
	table.Deleted(7, 4, 6, b)
	table.Deleted(7, 10, 11, a)
	for _, tt := range []struct {
		clock            uint64
		writer, deleter  Author
		until, untilGone uint64
	}{
		{0, Author{}, Author{}, 2, 3}, {2, ann, Author{}, 9, 3}, {3, ann, ben, 9, 6}, {5, ann, ben, 9, 6},
		{6, ann, Author{}, 9, 10}, {10, ben, ann, 1<<64 - 1, 11}, {50, ben, Author{}, 1<<64 - 1, 1<<64 - 1},
	} {
		writer, until := table.Writer(7, tt.clock)
		deleter, untilGone := table.Deleter(7, tt.clock)
		if writer != tt.writer || deleter != tt.deleter || until != tt.until || untilGone != tt.untilGone {
			t.Errorf("clock %d: %v up to %d, deleted by %v up to %d", tt.clock, writer, until, deleter, untilGone)
		}
	}
	if by, _ := table.Writer(8, 1); !by.IsNobody() || table.Size() != 4 {
		t.Errorf("%v wrote what nobody wrote; %d runs and ranges", by, table.Size())
	}
}

// TestUsers shows that a user is an id and the id of the user it writes for, with the last name.
func TestUsers(t *testing.T) {
	table := New(0)
	bot := Author{ID: "bot", Name: "Bot"}
	forAnn := Author{ID: "bot", Name: "Bot", OnBehalfOf: "u-ann"}
	if table.Number(bot) == table.Number(forAnn) {
		t.Error("the same user for whom it writes or not")
	}
	n := table.Number(ann)
	if table.Number(Author{ID: "u-ann", Name: "Ann B."}) != n || table.user(n).Name != "Ann B." {
		t.Errorf("%v", table.user(n))
	}
	if table.Number(Author{ID: strings.Repeat("x", maxID+1)}) != Nobody || table.Number(Author{}) != Nobody {
		t.Error("a user without an id, or with one that is too long, has a number")
	}
	long := Author{ID: "long", Name: strings.Repeat("ä", maxName)}
	if got := table.user(table.Number(long)).Name; got != strings.Repeat("ä", maxName/2) {
		t.Errorf("a name of %d bytes", len(got))
	}
	for i := range 2 * maxUsers {
		table.Number(Author{ID: fmt.Sprint(i)})
	}
	if len(table.users) != maxUsers || table.TakeDropped() == 0 || table.TakeDropped() != 0 {
		t.Errorf("%d users", len(table.users))
	}
}

// model is a document as its clocks: who wrote each, and who deleted it.
type model struct {
	writers, deleters map[[2]uint64]string
}

func (m *model) check(t *testing.T, table *Map, ends map[uint64]uint64) {
	t.Helper()
	for client, end := range ends {
		for clock := range end {
			writer, _ := table.Writer(client, clock)
			deleter, _ := table.Deleter(client, clock)
			at := [2]uint64{client, clock}
			if writer.ID != m.writers[at] || deleter.ID != m.deleters[at] {
				t.Fatalf("%v: written by %q, deleted by %q; want %q, %q", at, writer.ID, deleter.ID,
					m.writers[at], m.deleters[at])
			}
		}
	}
}

// session writes and deletes at random, and writes rows.
type session struct {
	table *Map
	model model
	ends  map[uint64]uint64
	rows  [][]byte
	row   []op // of the row that is not written yet
	done  [][]op
}

// op is something that a row brings, of users that only its form says.
type op struct {
	deletes            bool
	client, clock, end uint64
}

func (s *session) step(r *rand.Rand) {
	users := []Author{ann, ben, {}, {ID: "u-cas"}}
	by := users[r.IntN(len(users))]
	client := uint64(1 + r.IntN(4))
	number, end := s.table.Number(by), s.ends[client]
	if r.IntN(2) == 0 || end == 0 {
		n := 1 + r.Uint64N(3)
		for clock := end; clock < end+n; clock++ {
			s.model.writers[[2]uint64{client, clock}] = by.ID
		}
		s.ends[client] += n
		s.table.Inserted(client, end, end+n, number)
		s.row = append(s.row, op{false, client, end, end + n})
		return
	}
	from := r.Uint64N(end)
	to := min(end, from+1+r.Uint64N(4))
	for clock := from; clock < to; clock++ {
		at := [2]uint64{client, clock}
		if _, gone := s.model.deleters[at]; !gone {
			s.model.deleters[at] = by.ID
			s.table.Deleted(client, clock, clock+1, number)
			s.row = append(s.row, op{true, client, clock, clock + 1})
		}
	}
}

func (s *session) writeRow() {
	s.rows, s.done = append(s.rows, bytes.Clone(s.table.Row())), append(s.done, s.row)
	s.row = nil
}

// replay adds the rows from one on to a table.
func (s *session) replay(t *testing.T, table *Map, from int) {
	t.Helper()
	replay := table.Replay()
	for i := from; i < len(s.rows); i++ {
		first, structs := uint64(0), false
		for _, o := range s.done[i] {
			if !o.deletes {
				first, structs = max(first, o.client), true
			}
		}
		if err := replay.Begin(s.rows[i], structs, first); err != nil {
			t.Fatal(err)
		}
		for _, deletes := range []bool{false, true} { // as updates have them
			for _, o := range s.done[i] {
				if o.deletes != deletes {
					continue
				}
				if deletes {
					replay.Deleted(o.client, o.clock, o.end, 0)
				} else {
					replay.Inserted(o.client, o.clock, o.end, 0)
				}
			}
		}
	}
	table.ClearRow()
}

// TestSessions shows, with random sessions of several users in several clients, that a table that
// is read from a snapshot and the rows after it, or from rows alone, knows what the first knew.
func TestSessions(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := &session{table: New(0), ends: map[uint64]uint64{},
			model: model{map[[2]uint64]string{}, map[[2]uint64]string{}}}
		var form []byte
		saved := 0
		for range 1 + r.IntN(60) {
			for range 1 + r.IntN(4) {
				s.step(r)
			}
			s.writeRow()
			switch r.IntN(12) {
			case 0:
				form, saved = s.table.Append(nil), len(s.rows)
			case 1: // a restart
				again, err := Read(form, 0)
				if err != nil {
					t.Fatal(err)
				}
				s.replay(t, again, saved)
				s.table = again
			}
		}
		s.model.check(t, s.table, s.ends)
		all := New(0)
		s.replay(t, all, 0)
		s.model.check(t, all, s.ends)
		if got, want := all.Append(nil), s.table.Append(nil); len(got) > 0 != (len(want) > 0) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestOtherNumbers shows that rows of a node that has given a number to another user are
// understood, and that the table then describes its own users anew.
func TestOtherNumbers(t *testing.T) {
	mine, theirs := New(0), New(0)
	a := mine.Number(ann)
	mine.Inserted(1, 0, 3, a)
	mine.Row()
	theirs.users = []user{{Author: ben, number: a}} // as if both had the same hash
	theirs.Inserted(2, 0, 5, a)
	row := bytes.Clone(theirs.Row())
	replay := mine.Replay()
	if err := replay.Begin(row, true, 2); err != nil {
		t.Fatal(err)
	}
	replay.Inserted(2, 0, 5, 0)
	if by, _ := mine.Writer(2, 1); by != ben {
		t.Errorf("%v wrote it, not Ben", by)
	}
	theirs.Deleted(2, 0, 1, a)
	if err := replay.Begin([]byte{1<<flagBits | flagDeleter, byte(a<<1) | 0x80, byte(a >> 6)}, false, 0); err != nil {
		t.Fatal(err)
	}
	replay.Deleted(1, 0, 1, 0)
	if by, _ := mine.Deleter(1, 0); by != ben {
		t.Errorf("%v deleted it, not Ben", by)
	}
	mine.Inserted(3, 0, 1, a)
	all := New(0)
	again := all.Replay()
	for _, b := range [][]byte{row, bytes.Clone(mine.Row())} {
		if err := again.Begin(b, true, 3); err != nil {
			t.Fatal(err)
		}
		again.Inserted(3, 0, 1, 0)
	}
	if by, _ := all.Writer(3, 0); by != ann {
		t.Errorf("%v wrote it, not Ann", by)
	}
}

// TestForget shows that after rows of which no authors were kept nobody is known as their author.
func TestForget(t *testing.T) {
	table := New(0)
	table.Inserted(1, 0, 3, table.Number(ann))
	table.Row()
	replay := table.Replay()
	for i, row := range [][]byte{ForgetRow, nil} {
		if err := replay.Begin(row, true, 1); err != nil {
			t.Fatal(err)
		}
		clock := uint64(3 + i)
		replay.Inserted(1, clock, clock+1, 0)
	}
	table.ClearRow()
	if by, until := table.Writer(1, 0); by != ann || until != 3 {
		t.Errorf("%v up to %d", by, until)
	}
	if by, _ := table.Writer(1, 4); !by.IsNobody() {
		t.Errorf("%v", by)
	}
	table.Inserted(1, 5, 6, table.Number(ann))
	if len(table.Row()) == 0 {
		t.Error("the row does not say that Ann is back")
	}
}

// TestRowsOfKeystrokes shows what rows have of authors: the first of a client names its user;
// keystrokes and backspaces of that user after it nothing; deletions of another's text two bytes
// and one.
func TestRowsOfKeystrokes(t *testing.T) {
	table := New(0)
	a, b := table.Number(ann), table.Number(ben)
	for i, tt := range []struct {
		do   func()
		want int
	}{
		{func() { table.Inserted(1, 0, 1, a) }, 23},
		{func() { table.Inserted(1, 1, 2, a) }, 0},
		{func() { table.Deleted(1, 1, 2, a) }, 0},
		{func() { table.Inserted(2, 0, 1, b) }, 20},
		{func() { table.Inserted(2, 1, 2, b); table.Deleted(1, 0, 1, b) }, 0},
		{func() { table.Inserted(1, 2, 9, a) }, 0},
		{func() { table.Deleted(1, 2, 3, b) }, 3},
		{func() { table.Deleted(1, 3, 4, b); table.Deleted(1, 5, 7, b) }, 3},
		{func() { table.Deleted(1, 4, 5, Nobody) }, 2},
		{func() { table.Inserted(1, 9, 10, a); table.Deleted(2, 0, 1, b) }, 3},
		{func() {}, 0},
	} {
		if tt.do(); len(table.Row()) != tt.want && tt.want != len(table.row.form) {
			t.Errorf("row %d has %d bytes, want %d", i, len(table.row.form), tt.want)
		}
	}
}

// TestBound shows that a table stays within its bound: the shortest runs and ranges are given to
// nobody, nothing becomes another's, and the user of a client's last run is known.
func TestBound(t *testing.T) {
	const most = 1000
	r := rand.New(rand.NewPCG(1, 2))
	table := New(most)
	long := map[uint64]Author{}
	clock := uint64(0)
	for i := range 5000 {
		by, n := ann, 1+r.Uint64N(3)
		if i%2 == 0 {
			by = ben
		}
		if i%50 == 0 {
			n = 1000
			long[clock] = by
		}
		table.Inserted(1, clock, clock+n, table.Number(by))
		if i%3 == 0 {
			table.Deleted(1, clock, clock+1, table.Number(by))
		}
		clock += n
		if table.size > most {
			t.Fatalf("%d runs and ranges", table.size)
		}
		if got, _ := table.Writer(1, clock-1); got != by {
			t.Fatalf("step %d: the last run is of %v", i, got)
		}
	}
	for at, by := range long {
		if got, _ := table.Writer(1, at+500); got != by {
			t.Errorf("a long run of %v is of %v", by, got)
		}
	}
	if table.TakeDropped() < 1000 {
		t.Error("it is not counted what was dropped")
	}
	for client := range uint64(3 * most) {
		table.Inserted(10+client, 0, 1, table.Number(ann))
	}
	if table.size > most || !table.lost {
		t.Errorf("%d runs and ranges of many clients", table.size)
	}
	form := table.Append(nil)
	small, err := Read(form, 10)
	if err != nil || small.size > 10 {
		t.Errorf("with a lower bound: %d, %v", small.size, err)
	}
}

// TestLongestForm shows that a form is never longer than MaxBytes, however many runs there may be.
func TestLongestForm(t *testing.T) {
	table := New(1 << 20)
	a, b := table.Number(ann), table.Number(ben)
	for i := range uint64(1 << 19) {
		table.Inserted(1, i<<10, (i+1)<<10, []uint32{a, b}[i%2])
	}
	form := table.Append(nil)
	if again, err := Read(form, 1<<20); err != nil || len(form) > MaxBytes || again.Size() == 0 {
		t.Errorf("%d bytes, %v", len(form), err)
	}
}

// TestSteps shows that recording a keystroke takes few steps, however many there were before, also
// if deletions are spread over the document.
func TestSteps(t *testing.T) {
	for _, n := range []uint64{1000, 30_000} {
		r := rand.New(rand.NewPCG(3, n))
		table := New(1 << 20)
		table.Inserted(1, 0, 10*n, table.Number(ann))
		taken := steps.Count(func() {
			for range n {
				at := r.Uint64N(10 * n)
				if _, _, gone := table.client(1).deleted.find(at); !gone {
					table.Deleted(1, at, at+1, table.Number(ben))
				}
			}
		})
		if each := taken / n; each > 30 {
			t.Errorf("%d of %d deletions: %d steps each", table.Size(), n, each)
		}
	}
}

// TestNoAllocations shows that recording keystrokes, and writing rows of them, allocates nothing.
func TestNoAllocations(t *testing.T) {
	table, clock := New(0), uint64(0)
	type_ := func(client, at uint64, by Author) {
		table.Inserted(client, at, at+1, table.Number(by))
		table.Row()
	}
	type_(1, 0, ann)
	type_(2, 0, ben)
	table.Deleted(2, 0, 1, table.Number(ann))
	table.Row()
	if n := testing.AllocsPerRun(1000, func() {
		clock++
		type_(1, clock, ann)
		type_(2, clock, ben)
		table.Deleted(2, clock, clock+1, table.Number(ann))
		table.Row()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestNilMap shows that a nil table keeps nothing, and knows nobody.
func TestNilMap(t *testing.T) {
	var table *Map
	if by, _ := table.Writer(1, 2); !by.IsNobody() {
		t.Errorf("%v", by)
	}
	if by, _ := table.Deleter(1, 2); !by.IsNobody() {
		t.Errorf("%v", by)
	}
	table.ClearRow()
	table.Forget()
	replay := table.Replay()
	_ = replay.Begin([]byte{0xff}, true, 1)
	replay.Inserted(1, 0, 1, 0)
	replay.Deleted(1, 0, 1, 0)
	if table.Number(ann) != Nobody || table.Row() != nil || table.Append(nil) != nil || table.Size() != 0 || table.TakeDropped() != 0 {
		t.Error("it knows something")
	}
}

// TestBadForms shows that bytes that are no form are refused.
func TestBadForms(t *testing.T) {
	for name, b := range map[string]string{
		"an unknown combination of flags": "\x03",
		"a deleter that is missing":       "\x04",
		"a number that is too long":       "\x88\x00\x02",
		"more users than bytes":           "\x18\x02",
		"nobody, described":               "\x08\x01\x01a\x00\x00",
		"a user without an id":            "\x08\x03\x00\x00\x00",
		"an id cut short":                 "\x08\x03\x05abc",
		"an id of bad UTF-8":              "\x08\x03\x01\xff\x00\x00",
		"users in another order":          "\x10\x04\x02",
		"a user twice":                    "\x10\x04\x04",
		"no clients":                      "\x08\x02\x00",
		"an unknown user":                 "\x08\x02\x01\x01\x01\x00\x01\x00",
		"a client without anything":       "\x08\x02\x01\x01\x00\x00",
		"two runs of one user":            "\x08\x02\x01\x01\x02\x00\x00\x05\x00\x00",
		"two runs at one clock":           "\x10\x02\x04\x01\x01\x02\x00\x00\x00\x01\x00",
		"two ranges of one user":          "\x08\x02\x01\x01\x00\x02\x00\x01\x00\x00\x01\x00",
		"a range of no length":            "\x08\x02\x01\x01\x00\x01\x00\x00\x00",
		"bytes at the end":                "\x08\x02\x01\x01\x01\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			if f, err := parse([]byte(b)); !errors.Is(err, ErrForm) {
				t.Errorf("%+v, %v", f, err)
			}
		})
	}
	if _, err := parse(make([]byte, MaxBytes+1)); !errors.Is(err, ErrForm) {
		t.Errorf("%v", err)
	}
}

// FuzzForm shows that no bytes make reading a form panic, and that a form that is read and written
// again stays the same.
func FuzzForm(f *testing.F) {
	table := New(0)
	a, b := table.Number(ann), table.Number(Author{ID: "bot", OnBehalfOf: "u-ann"})
	table.Inserted(1, 0, 5, a)
	table.Inserted(1, 5, 8, b)
	table.Inserted(9, 0, 1, b)
	table.Deleted(1, 2, 3, b)
	table.Deleted(9, 0, 1, a)
	f.Add(bytes.Clone(table.Row()))
	f.Add(table.Append(nil))
	table.Deleted(1, 4, 5, b)
	f.Add(bytes.Clone(table.Row()))
	f.Add([]byte{flagForget})
	f.Fuzz(func(t *testing.T, form []byte) {
		replay := New(100).Replay()
		_ = replay.Begin(form, true, 1)
		replay.Inserted(1, 0, 100, 0)
		replay.Deleted(1, 10, 20, 0)
		one, err := Read(form, 0)
		if err != nil {
			return
		}
		again := one.Append(nil)
		two, err := Read(again, 0)
		if err != nil {
			t.Fatalf("%q became %q: %v", form, again, err)
		}
		if third := two.Append(nil); !bytes.Equal(third, again) {
			t.Fatalf("%q became %q, and that %q", form, again, third)
		}
	})
}
