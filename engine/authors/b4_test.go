package authors_test

import (
	"math/rand/v2"
	"testing"

	"github.com/civicpress/civic-realtime/bench/trace"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

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

// keystrokes returns the editing trace B4, or one like it.
func keystrokes(t testing.TB) []trace.Keystroke {
	t.Helper()
	keys, err := trace.B4()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestBytesOfB4 bounds what authors add on disk to the editing trace B4, dealt to five people: to
// rows, of which each has one keystroke, which is the worst case, and to the snapshot.
func TestBytesOfB4(t *testing.T) {
	keys := keystrokes(t)
	for name, longest := range map[string]int{
		"every keystroke to anybody": 1, "bursts of up to 40": 40, "sessions of up to 2,000": 2000,
	} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, uint64(longest)))
			var typist trace.Typist
			var doc ydoc.Doc
			table := authors.New(0)
			rows, person, left := 0, 0, 0
			for _, k := range keys {
				if left == 0 {
					person, left = random.IntN(5), 1+random.IntN(longest)
				}
				left--
				u := yjs.Trust(typist.Append(nil, k, people[person].client))
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
	var typist trace.Typist
	var updates [][]byte
	var persons []int
	random := rand.New(rand.NewPCG(1, 2))
	person, left := 0, 0
	for _, k := range keystrokes(b) {
		if left == 0 {
			person, left = random.IntN(5), 1+random.IntN(40)
		}
		left--
		updates, persons = append(updates, typist.Append(nil, k, people[person].client)), append(persons, person)
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
