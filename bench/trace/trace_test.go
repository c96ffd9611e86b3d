package trace

import (
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// TestTypist shows that the updates of a typist give the text of its keystrokes, whoever types
// them.
func TestTypist(t *testing.T) {
	var typist Typist
	var doc ydoc.Doc
	var want []string
	for i, k := range Generated(5000) {
		if k.Deletes {
			want = append(want[:k.At], want[k.At+1:]...)
		} else {
			k.Text = string(rune('a' + i%26))
			want = append(want[:k.At], append([]string{k.Text}, want[k.At:]...)...)
		}
		u, err := yjs.CheckUpdate(typist.Append(nil, k, uint64(1+i%3)))
		if err != nil {
			t.Fatal(err)
		}
		if done := doc.Apply(u); done.Missing || done.Refused != nil {
			t.Fatalf("keystroke %d: %+v", i, done)
		}
	}
	v, err := view.New(yjs.Trust(doc.AppendState(nil)))
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Root("text").String(); got != strings.Join(want, "") {
		t.Errorf("%.100q instead of %.100q", got, strings.Join(want, ""))
	}
}
