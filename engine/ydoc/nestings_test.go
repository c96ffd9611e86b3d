package ydoc

import (
	"math/rand/v2"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestNestings compares the nestings that a document stores with those that follow from the
// references of its structs.
func TestNestings(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		want := make(map[yjs.ID]nesting)
		var d Doc
		clocks := make([]uint64, 1+r.IntN(4))
		randomID := func() *yjs.ID {
			c := r.IntN(len(clocks))
			if clocks[c] == 0 {
				return nil
			}
			return id(uint64(c+1), r.Uint64N(clocks[c]))
		}
		for range 400 {
			c := r.IntN(len(clocks))
			s := structOf{client: uint64(c + 1), clock: clocks[c]}
			switch r.IntN(5) {
			case 0:
				s.info, s.content = yjs.RefGC, num(1)
			case 1, 2:
				s.info, s.content = yjs.RefType, "\x00"
			default:
				s.info, s.content = yjs.RefEmbed, text("{}")
			}
			is := noNesting
			if s.info != yjs.RefGC {
				switch r.IntN(4) {
				case 0:
					s.origin, s.right = randomID(), randomID()
				case 1:
					s.right = randomID()
				default:
					s.parent = randomID()
				}
				underKey := r.IntN(3) == 0
				switch {
				case s.origin != nil:
					is = want[*s.origin]
				case s.right != nil:
					is = want[*s.right]
				case s.parent == nil:
					is = newNesting(1, underKey)
				case want[*s.parent].depth() == 0:
					is = newNesting(0, underKey)
				default:
					is = newNesting(want[*s.parent].depth()+1, underKey)
				}
				if s.origin == nil && s.right == nil && underKey {
					s.info |= yjs.InfoParentSub
				}
			}
			if apply(t, &d, update([]structOf{s})).Refused != nil {
				continue
			}
			want[yjs.ID{Client: s.client, Clock: s.clock}] = is
			clocks[c]++
		}
		loaded, err := Load(d.AppendState(nil))
		if err != nil {
			t.Fatal(err)
		}
		for id, is := range want {
			if got := d.nestingAt(&client{}, id); got != is {
				t.Fatalf("seed %d: %v has level %d, want %d", seed, id, got, is)
			}
			if got := loaded.nestingAt(&client{}, id); got.depth() != is.depth() {
				t.Fatalf("seed %d: loaded, %v has level %d, want %d", seed, id, got, is)
			}
		}
	}
}
