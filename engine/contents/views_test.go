package contents

import (
	"testing"

	"github.com/civicpress/civic-realtime/bench/trace"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// typed returns the document of an editing session of n keystrokes, and its number of structs.
func typed(t *testing.T, n int) (state yjs.CheckedUpdate, structs int) {
	t.Helper()
	var typist trace.Typist
	var d ydoc.Doc
	for _, k := range trace.Generated(n) {
		d.Apply(yjs.Trust(typist.Append(nil, k, 7)))
	}
	return yjs.Trust(d.State()), int(d.Structs(7).Left)
}

// TestCostOfText shows that a text is read in a number of steps that grows as the document does,
// and with few allocations however long it is.
func TestCostOfText(t *testing.T) {
	var took [2]uint64
	for i, n := range []int{20_000, 40_000} {
		state, structs := typed(t, n)
		read := func() {
			if _, _, err := Text(state, markdown.Schema{}, ""); err != nil {
				t.Fatal(err)
			}
		}
		took[i] = steps.Count(read)
		if most := uint64(40 * structs); took[i] > most {
			t.Errorf("%d steps for %d structs, want at most %d", took[i], structs, most)
		}
		if allocs := testing.AllocsPerRun(10, read); allocs > 100 {
			t.Errorf("%v allocations for %d structs", allocs, structs)
		}
	}
	if took[1] > took[0]*5/2 {
		t.Errorf("%d steps, and %d for twice as much", took[0], took[1])
	}
	t.Log(took)
}

// TestReusedViews shows that a text does not depend on the documents that were read before.
func TestReusedViews(t *testing.T) {
	long, _ := typed(t, 5000)
	short, _ := typed(t, 50)
	want, _, err := Text(short, markdown.Schema{}, "")
	if err != nil || want == "" {
		t.Fatal(want, err)
	}
	for range 3 {
		if _, _, err := Text(long, markdown.Schema{}, "text"); err != nil {
			t.Fatal(err)
		}
		if _, err := Markdown(long, markdown.Schema{Fragment: "default"}); err == nil {
			t.Error("a text is read as Markdown")
		}
		if got, _, err := Text(short, markdown.Schema{}, ""); got != want || err != nil {
			t.Errorf("%q, %v instead of %q", got, err, want)
		}
	}
}
