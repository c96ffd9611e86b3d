package recordsync

import (
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// renderer is a Syncer that can only render.
var renderer = func() *Syncer {
	s := &Syncer{}
	s.conf.Store(&Config{MaxSteps: view.DefaultMaxSteps})
	return s
}()

// documentOf returns the state of a document of 2n paragraphs and one of n words.
func documentOf(t *testing.T, n int) []byte {
	t.Helper()
	tree, err := markdown.Parse(strings.Repeat("A paragraph.\n\nAnother.\n\n",
		n) + strings.Repeat("text ", n))
	if err != nil {
		t.Fatal(err)
	}
	return markdown.Schema{}.Seed(tree)
}

// renderingOf returns the rendering of such a document.
func renderingOf(t *testing.T, n int) (r rendering) {
	t.Helper()
	if _, _, err := renderer.render(yjs.Trust(documentOf(t, n)), &r); err != nil ||
		r.blocks.Size() == 0 || r.view.Memory() == 0 {
		t.Fatalf("%d bytes, %v", r.blocks.Size(), err)
	}
	return r
}

// TestRenderingsAreBounded checks which renderings are kept within the limit, and for how long.
func TestRenderingsAreBounded(t *testing.T) {
	one := renderingOf(t, 50)
	viewed := one
	one.view = nil
	each, now := one.blocks.Size(), time.Now()
	tests := []struct {
		name  string
		limit int
		does  func(k *renderings)
		left  []string
	}{
		{"what fits stays", 2 * each, func(*renderings) {}, []string{"a", "b"}},
		{"what was used longest ago goes", 2*each + 100,
			func(k *renderings) { k.put("c", one, now) }, []string{"b", "c"}},
		{"what was used again stays", 2*each + 100,
			func(k *renderings) { k.put("a", k.take("a"), now); k.put("c", one, now) },
			[]string{"a", "c"}},
		{"what alone is too much goes", each - 1, func(*renderings) {}, nil},
		{"nothing is to be kept", -1, func(*renderings) {}, nil},
		{"what is taken is not there", 2 * each,
			func(k *renderings) { k.take("a") }, []string{"b"}},
		{"what is dropped", 2 * each, func(k *renderings) { k.drop("a"); k.drop("unknown") }, []string{"b"}},
		{"put twice", 2 * each, func(k *renderings) { k.put("a", one, now) }, []string{"a", "b"}},
		{"the oldest go in time", 2 * each, func(k *renderings) { k.put("b", one, now.Add(time.Minute)); k.expire(k.due()) }, []string{"b"}},
		{"and not too early", 2 * each, func(k *renderings) { k.expire(k.due().Add(-1)) }, []string{"a", "b"}},
		{"a view is the first to go", 2 * each,
			func(k *renderings) { k.put("a", viewed, now) }, []string{"a", "b"}},
		{"and goes with the last", 1 << 20, func(k *renderings) { k.put("a", viewed, now); k.drop("a"); k.drop("b") }, nil},
		{"or when all is old", 1 << 20, func(k *renderings) { k.put("a", viewed, now); k.expire(now.Add(time.Hour)) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := newRenderings(tt.limit, metrics.NewSet().NewGauge("bytes", nil))
			k.put("a", one, now)
			k.put("b", one, now)
			tt.does(k)
			if want := len(tt.left) * each; k.bytes != want || k.size.Get() != float64(want) ||
				k.rooms.Len() != len(tt.left) {
				t.Errorf("%d rooms of %d bytes, want %d of %d", k.rooms.Len(), k.bytes,
					len(tt.left), want)
			}
			if k.due().IsZero() != (len(tt.left) == 0) {
				t.Errorf("due at %v", k.due())
			}
			for _, room := range tt.left {
				if r := k.take(room); r.blocks.Size() != each {
					t.Errorf("%s is not there", room)
				}
			}
		})
	}
}

// TestSpareViews shows that no more than maxSpareViews views are kept, and that no two callers of
// take get the same one.
func TestSpareViews(t *testing.T) {
	k := newRenderings(1<<30, metrics.NewSet().NewGauge("bytes", nil))
	var all []rendering
	for _, room := range []string{"a", "b", "c"} {
		all = append(all, renderingOf(t, 50))
		k.put(room, all[len(all)-1], time.Now())
	}
	a, b, c := k.take("a"), k.take("b"), k.take("c")
	if a.view == nil || b.view == nil || a.view == b.view || c.view != nil || k.bytes != 0 {
		t.Errorf("views %p, %p and %p, %d bytes are kept", a.view, b.view, c.view, k.bytes)
	}
	again, state := renderingOf(t, 50), yjs.Trust(documentOf(t, 50))
	if n := testing.AllocsPerRun(20, func() {
		if _, _, err := renderer.render(state, &again); err != nil {
			t.Fatal(err)
		}
	}); n > 60 && !raceEnabled {
		t.Errorf("%.0f allocations to render again what is known", n)
	}
}
