package wal

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist"
)

// testLog is a log that numbers the rows that are appended to it.
type testLog struct {
	*Log
	t    testing.TB
	last uint64
}

func newLog(t testing.TB, cfg Config) *testLog {
	t.Helper()
	l, err := Create(filepath.Join(t.TempDir(), FileName), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &testLog{l, t, 0}
}

// encode numbers rows of room "r", one for each text.
func (l *testLog) encode(texts ...string) []Row {
	var rows []persist.Row
	for _, text := range texts {
		rows = append(rows, persist.Row{Room: "r", Data: []byte(text)})
	}
	return l.number(rows)
}

func (l *testLog) number(rows []persist.Row) []Row {
	encoded := EncodeRows(l.last+1, rows, len(rows))
	l.last += uint64(len(rows))
	return encoded
}

// add appends rows, which must fit, in one Append.
func (l *testLog) add(texts ...string) {
	l.t.Helper()
	l.addRows(l.encode(texts...))
}

func (l *testLog) addRows(rows []Row) {
	l.t.Helper()
	if fits, err := l.Append(rows); !fits || err != nil {
		l.t.Fatalf("Append: fits %v, %v", fits, err)
	}
}

func (l *testLog) bytes() []byte {
	l.t.Helper()
	b, err := os.ReadFile(l.Path())
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

// wantRead reads the log as the next process would, and compares the rows.
func (l *testLog) wantRead(texts ...string) {
	l.t.Helper()
	c, err := Read(l.Path(), 0)
	var got []string
	for _, r := range c.Rows {
		blob, err := r.Blob("r")
		if err != nil {
			l.t.Error(err)
		}
		got = append(got, string(blob))
	}
	if err != nil || !slices.Equal(got, texts) || len(c.Damage) > 0 {
		l.t.Errorf("%.60q, damage %v, %v, want %.60q", got, c.Damage, err, texts)
	}
}

// TestRecordsBeginAtBlocks shows that no block with rows that are on the disk is written again.
func TestRecordsBeginAtBlocks(t *testing.T) {
	l := newLog(t, Config{Synced: true})
	long := strings.Repeat("c", blockSize)
	l.add("a")
	l.add("b")
	l.add(long)
	if l.size != 4*blockSize {
		t.Errorf("%d bytes, want a block and three", l.size)
	}
	l.wantRead("a", "b", long)
	l.Reset(7)
	l.add("d")
	if c, err := Read(l.Path(), l.last-1); err != nil || len(c.Rows) != 1 || c.Txid != 7 ||
		c.Last != l.last {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestFullLog shows that rows beyond the log's size do not fit until it is reset.
func TestFullLog(t *testing.T) {
	for name, cfg := range map[string]Config{"synced": {Synced: true}, "not synced": {}} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t, cfg)
			row := strings.Repeat("x", 1<<20)
			n := 0
			for ; ; n++ {
				if fits, err := l.Append(l.encode(row)); err != nil || n > 100 {
					t.Fatal(n, err)
				} else if !fits {
					break
				}
			}
			if info, err := os.Stat(l.Path()); err != nil || info.Size() > MaxSize || n < 2 {
				t.Errorf("%d rows fit, %v", n, err)
			}
			l.Reset(1)
			l.add(row)
		})
	}
}

// TestDamagedLog truncates the log at every length, and damages it at every byte. It shows that the
// rows of whole Appends are read, from the start on, and that damage is reported if any are
// missing.
func TestDamagedLog(t *testing.T) {
	for name, cfg := range map[string]Config{"synced": {Synced: true}, "not synced": {}} {
		t.Run(name, func(t *testing.T) { damageLog(t, cfg) })
	}
}

func damageLog(t *testing.T, cfg Config) {
	l := newLog(t, cfg)
	var ends []int64
	for i := range 3 {
		l.add(string(rune(i+1)), string(rune(i+1)))
		ends = append(ends, l.size)
	}
	whole := l.bytes()[:ends[2]]
	for at := range whole {
		want := 0
		for _, end := range ends {
			if end-padding(whole, end) <= int64(at) {
				want += 2
			}
		}
		if c := parse(whole[:at], 0); len(c.Rows) != want {
			t.Errorf("truncated to %d bytes: %d rows, want %d", at, len(c.Rows), want)
		}
		damaged := slices.Clone(whole)
		damaged[at] ^= 16
		if c := parse(slices.Clone(damaged), 0); len(c.Rows) != 6 {
			t.Errorf("a bit wrong at byte %d: %d rows, %v", at, len(c.Rows), c.Damage)
		}
		for i := at; i < min(at+20, len(damaged)); i++ {
			damaged[i] ^= 0xA5
		}
		if headers := ends[1] + headerSize; int64(at) < headers && int64(at)+20 > headers {
			continue // both headers of the last record, which then looks like the rest of an older one
		}
		if c := parse(damaged, 0); len(c.Rows)%2 != 0 && !cfg.Synced || len(c.Rows) < 6 &&
			len(c.Damage) == 0 {
			t.Errorf("damaged at byte %d: %d rows, %v", at, len(c.Rows), c.Damage)
		}
	}
}

// TestLostSectors leaves any of the sectors of the newest record of a synced log unwritten, as a
// power cut may. It shows that the record is read whole or not at all, that all records before it
// are read, and that no room is reported.
func TestLostSectors(t *testing.T) {
	for _, before := range []int{0, 1, 2} {
		l := newLog(t, Config{Synced: true})
		l.add(strings.Repeat("an old generation ", 3000))
		l.add("more of it")
		l.Reset(1)
		last := l.last
		for range before {
			l.add("row")
		}
		old := l.bytes()
		random := rand.New(rand.NewPCG(1, uint64(before)))
		big := make([]byte, 2*blockSize)
		for i := range big {
			big[i] = byte(random.Uint32())
		}
		l.addRows(l.number([]persist.Row{{Room: "r", Data: big}, {Room: "s", Data: []byte("small")},
			{Room: "t", Data: big[:blockSize]}}))
		loseSectors(t, random, old, l.bytes(), last, before)
	}
}

func loseSectors(t *testing.T, random *rand.Rand, old, now []byte, last uint64, before int) {
	t.Helper()
	var changed []int
	for at := 0; at < len(now); at += sectorSize {
		if !bytes.Equal(old[at:at+sectorSize], now[at:at+sectorSize]) {
			changed = append(changed, at)
		}
	}
	for range 300 {
		torn, lost := slices.Clone(now), false
		for _, at := range changed {
			if random.IntN(4) == 0 {
				copy(torn[at:at+sectorSize], old[at:])
				lost = true
			}
		}
		c := parse(torn, last)
		want := before
		if !lost {
			want += 3
		}
		if len(c.Rows) != want || slices.ContainsFunc(c.Damage, func(d persist.Damage) bool { return !d.Harmless }) {
			t.Errorf("%d rows before: %d rows, want %d, %v", before, len(c.Rows), want, c.Damage)
		}
	}
}

// padding returns the number of zeros before end.
func padding(b []byte, end int64) (n int64) {
	for b[end-1-n] == 0 {
		n++
	}
	return n
}

// FuzzParse shows that whatever a file has, every row that is read has a number above last, and at
// most the newest number that is returned.
func FuzzParse(f *testing.F) {
	for _, cfg := range []Config{{Synced: true}, {}} {
		l := newLog(f, cfg)
		l.add("a", "b")
		l.add(strings.Repeat("c", 300))
		f.Add(l.bytes()[:min(l.size, 3*blockSize)], uint64(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, last uint64) {
		c := parse(b, last)
		for _, r := range c.Rows {
			if r.Key.Seq() <= last || r.Key.Seq() > c.Last && c.Last != 0 {
				t.Fatalf("row %d after %d, the last is %d", r.Key.Seq(), last, c.Last)
			}
		}
	})
}
