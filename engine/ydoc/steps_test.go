package ydoc

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestStepsOfApply counts the steps of updates that once took time in the square of their length:
// twice as long ones take at most two and a half times as many. Package fuzz does the same with
// random updates, for all operations.
func TestStepsOfApply(t *testing.T) {
	for name, updates := range map[string]func(n uint64) [][]byte{
		"types behind many embeds":                    typesBehindEmbeds,
		"every fourth clock, and those between":       fourthsDeleted,
		"a client each, ascending":                    ascendingClients,
		"sections that wait, the last comes first":    lastFirst,
		"one section that waits for many others":      waitsForMany,
		"ranges that wait for a text, clock by clock": rangesAhead,
	} {
		var took []uint64
		for _, n := range []uint64{1000, 2000} {
			all := updates(n)
			var d Doc
			took = append(took, steps.Count(func() {
				for _, u := range all {
					d.Apply(yjs.Trust(u))
				}
			}))
			if d.PendingSize() > 0 || d.order.len == 0 {
				t.Fatalf("%s: %d bytes wait", name, d.PendingSize())
			}
			if most := 64 * n; took[len(took)-1] > most {
				t.Errorf("%s: %d steps for %d structs, want at most %d", name, took[len(took)-1], n,
					most)
			}
		}
		if took[1] > took[0]*5/2 {
			t.Errorf("%s: %d steps, and %d for twice as much", name, took[0], took[1])
		}
	}
}

// typesBehindEmbeds returns a chain of 256 embeds, and n types behind the last embed.
func typesBehindEmbeds(n uint64) [][]byte {
	structs := []structOf{{client: 5, info: yjs.RefEmbed, content: text("{}")}}
	for clock := uint64(1); clock < 256+n; clock++ {
		s := structOf{client: 5, clock: clock, info: yjs.RefEmbed, origin: id(5, clock-1),
			content: text("{}")}
		if clock >= 256 {
			s.info, s.origin, s.content = yjs.RefType, id(5, 255), "\x00"
		}
		structs = append(structs, s)
	}
	return [][]byte{update(structs)}
}

// fourthsDeleted returns a text, the deletion of every fourth clock, and that of every fourth from
// the second on.
func fourthsDeleted(n uint64) [][]byte {
	all := [][]byte{typedBy(1, 4*n)}
	for _, from := range []uint64{0, 2} {
		var ranges []yjs.DeleteRange
		for clock := from; clock < 4*n; clock += 4 {
			ranges = append(ranges, yjs.DeleteRange{Client: 1, Clock: clock, End: clock + 1})
		}
		all = append(all, update(nil, ranges...))
	}
	return all
}

// typedBy returns a text of n units of a client.
func typedBy(client, n uint64) []byte {
	return update([]structOf{{client: client, info: yjs.RefString,
		content: text(string(make([]byte, n)))}})
}

// ascendingClients returns an update with n clients in ascending order.
func ascendingClients(n uint64) [][]byte {
	var structs []structOf
	for client := range n {
		structs = append(structs, structOf{client: client + 1, info: yjs.RefString,
			content: text("x")})
	}
	return [][]byte{update(structs)}
}

// lastFirst returns n structs of one client, each in its own update, the last struct first.
func lastFirst(n uint64) [][]byte {
	all := make([][]byte, n)
	for clock := range n {
		s := structOf{client: 1, clock: clock, info: yjs.RefEmbed, content: text("{}")}
		if clock > 0 {
			s.origin = id(1, clock-1)
		}
		all[n-1-clock] = update([]structOf{s})
	}
	return all
}

// waitsForMany returns a section of n structs, each beside a struct of another client. Those come
// after it one by one.
func waitsForMany(n uint64) [][]byte {
	var structs []structOf
	all := [][]byte{nil}
	for i := range n {
		structs = append(structs, structOf{client: 1, clock: i, info: yjs.RefString,
			origin: id(10+i, 0), content: text("x")})
		all = append(all, update([]structOf{{client: 10 + i, info: yjs.RefString,
			content: text("x")}}))
	}
	all[0] = update(structs)
	return all
}

// rangesAhead returns n/2 overlapping deletions of a text, and then the text, clock by clock.
func rangesAhead(n uint64) (all [][]byte) {
	for i := range n / 2 {
		all = append(all, update(nil, yjs.DeleteRange{Client: 1, Clock: i % 50, End: n - i%100}))
	}
	for clock := range n {
		s := structOf{client: 1, clock: clock, info: yjs.RefString, content: text("x")}
		if clock > 0 {
			s.origin = id(1, clock-1)
		}
		all = append(all, update([]structOf{s}))
	}
	return all
}
