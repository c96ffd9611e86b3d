package authors_test

import (
	"compress/gzip"
	"encoding/json"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// keystroke inserts or deletes one character at a position.
type keystroke struct {
	at      int
	deletes bool
	text    string
}

// trace returns the editing trace B4 of the CRDT benchmarks, from the file that the environment
// variable B4_TRACE names, or else one like it (bench/trace.mjs).
func trace(t testing.TB) (keys []keystroke) {
	t.Helper()
	path := os.Getenv("B4_TRACE")
	if path == "" {
		return generated(259_778)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var edits [][]any
	if err := json.NewDecoder(z).Decode(&edits); err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		k := keystroke{at: int(e[0].(float64)), deletes: e[1].(float64) > 0}
		if len(e) > 2 {
			k.text = e[2].(string)
		}
		keys = append(keys, k)
	}
	return keys
}

func generated(n int) (keys []keystroke) {
	seed := uint32(1)
	random := func(n int) int {
		seed = (seed*1103515245 + 12345) & 0x7fffffff
		return int(seed>>8) % n
	}
	length, cursor := 0, 0
	for len(keys) < n {
		if random(6) == 0 {
			cursor = random(length + 1)
		}
		for range 1 + random(60) {
			keys = append(keys, keystroke{at: cursor, text: "x"})
			cursor, length = cursor+1, length+1
		}
		for range min(cursor, 1+random(25)) {
			cursor, length = cursor-1, length-1
			keys = append(keys, keystroke{at: cursor, deletes: true})
		}
	}
	return keys[:n]
}

// typist makes an update of each keystroke. before and after are the ids of the characters around
// the place of the last one; those after it in reverse.
type typist struct {
	before, after []yjs.ID
	clocks        [5]uint64
}

var people = [5]struct {
	client uint64
	author authors.Author
}{
	{1<<31 + 5, authors.Author{ID: "5f1c8a52-ann", Name: "Ann Arbor"}},
	{1<<30 + 7, authors.Author{ID: "77aa1b20-ben", Name: "Ben Nevis"}},
	{1<<29 + 1, authors.Author{ID: "0b2e99c1-cleo", Name: "Cleo Patra"}},
	{1<<31 + 9, authors.Author{ID: "c4d0ffee-dan", Name: "Dan Ube"}},
	{1<<28 + 3, authors.Author{ID: "e1e1e1e1-eve", Name: "Eve Rest"}},
}

func (d *typist) moveTo(at int) {
	for len(d.before) > at {
		d.after = append(d.after, d.before[len(d.before)-1])
		d.before = d.before[:len(d.before)-1]
	}
	for len(d.before) < at {
		d.before = append(d.before, d.after[len(d.after)-1])
		d.after = d.after[:len(d.after)-1]
	}
}

// append appends the update of a keystroke of a person.
func (d *typist) append(dst []byte, k keystroke, person int) []byte {
	d.moveTo(k.at)
	if k.deletes {
		id := d.after[len(d.after)-1]
		d.after = d.after[:len(d.after)-1]
		r := yjs.DeleteRange{Client: id.Client, Clock: id.Clock, End: id.Clock + 1}
		return yjs.AppendDeletes(append(dst, 0), []yjs.DeleteRange{r})
	}
	id := yjs.ID{Client: people[person].client, Clock: d.clocks[person]}
	d.clocks[person]++
	dst = yjs.AppendID(append(dst, 1, 1), id)
	info, at := byte(yjs.RefString), len(dst)
	dst = append(dst, 0)
	if n := len(d.before); n > 0 {
		info |= yjs.InfoOrigin
		dst = yjs.AppendID(dst, d.before[n-1])
	}
	if n := len(d.after); n > 0 {
		info |= yjs.InfoRightOrigin
		dst = yjs.AppendID(dst, d.after[n-1])
	}
	if dst[at] = info; info == yjs.RefString {
		dst = lib0.AppendString(append(dst, 1), "text")
	}
	dst = lib0.AppendString(dst, k.text)
	d.before = append(d.before, id)
	return append(dst, 0)
}

// TestBytesOfB4 bounds what authors add on disk to the editing trace B4, dealt to five people: to
// rows, of which each has one keystroke, which is the worst case, and to the snapshot.
func TestBytesOfB4(t *testing.T) {
	keys := trace(t)
	for name, longest := range map[string]int{
		"every keystroke to anybody": 1, "bursts of up to 40": 40, "sessions of up to 2,000": 2000,
	} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, uint64(longest)))
			var typist typist
			var doc ydoc.Doc
			table := authors.New(0)
			rows, person, left := 0, 0, 0
			for _, k := range keys {
				if left == 0 {
					person, left = random.IntN(5), 1+random.IntN(longest)
				}
				left--
				u := yjs.Trust(typist.append(nil, k, person))
				doc.ApplyBy(u, table.Number(people[person].author), table)
				doc.ClearChanges()
				f := snapshot.Fields{Authors: table.Row()}
				rows += len(stored.AppendRowHeader(nil, 1, f)) - len(stored.AppendRowHeader(nil, 1, snapshot.Fields{}))
			}
			f := snapshot.Fields{Authors: table.Append(nil)}
			folded := len(f.Append(nil))
			perRow, perKey := float64(rows)/float64(len(keys)), float64(folded)/float64(len(keys))
			t.Logf("%d keystrokes: %.3f bytes each in rows; %d bytes in the snapshot, %.3f each; %d runs",
				len(keys), perRow, folded, perKey, table.Size())
			if perRow > 2 || perKey > 2 || rows == 0 || folded == 0 {
				t.Error("more than 2 bytes a keystroke, or nothing")
			}
		})
	}
}

// BenchmarkKeystrokes measures what authors add to merging the keystrokes of B4, dealt to five
// people in bursts.
func BenchmarkKeystrokes(b *testing.B) {
	var typist typist
	var updates [][]byte
	var persons []int
	random := rand.New(rand.NewPCG(1, 2))
	person, left := 0, 0
	for _, k := range trace(b) {
		if left == 0 {
			person, left = random.IntN(5), 1+random.IntN(40)
		}
		left--
		updates, persons = append(updates, typist.append(nil, k, person)), append(persons, person)
	}
	for _, kept := range []bool{false, true} {
		b.Run(map[bool]string{false: "without", true: "with"}[kept], func(b *testing.B) {
			for b.Loop() {
				var doc ydoc.Doc
				var out []byte
				table := authors.New(0)
				for i, u := range updates {
					checked, err := yjs.CheckUpdate(u)
					if err != nil {
						b.Fatal(err)
					}
					if kept {
						doc.ApplyBy(checked, table.Number(people[persons[i]].author), table)
						table.Row()
					} else {
						doc.Apply(checked)
					}
					out = doc.AppendChanges(out[:0])
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(updates)), "ns/keystroke")
		})
	}
}
