package fuzz

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// packed returns updates with the structs that were written, and with deletions.
func (b *builder) packed() (updates [][]byte) {
	deletes := b.deletions()
	switch b.pack {
	case "whole", "whole, ascending":
		updates = [][]byte{b.update(b.structs)}
	case "parts reversed":
		for part := range slices.Chunk(b.structs, max(1, len(b.structs)/16)) {
			updates = append(updates, b.update(part))
		}
		slices.Reverse(updates)
	default:
		for i := range b.structs {
			updates = append(updates, b.update(b.structs[i:i+1]))
		}
	}
	switch b.pack {
	case "reversed":
		slices.Reverse(updates)
	case "shuffled":
		b.rand.Shuffle(len(updates), func(i, j int) { updates[i], updates[j] = updates[j], updates[i] })
	case "swapped":
		for i := 1; i < len(updates); i += 2 {
			updates[i-1], updates[i] = updates[i], updates[i-1]
		}
	case "doubled":
		updates = append(updates, updates...)
	}
	if b.delete == "before they come" {
		return append(deletes, updates...)
	}
	return append(updates, deletes...)
}

// update returns one update of some structs, with a section for each client.
func (b *builder) update(structs []written) []byte {
	sorted := slices.Clone(structs)
	slices.SortStableFunc(sorted, func(x, y written) int {
		if b.pack == "whole, ascending" {
			return cmp.Compare(b.ids[x.client], b.ids[y.client])
		}
		return cmp.Compare(b.ids[y.client], b.ids[x.client])
	})
	var body []byte
	sections := 0
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n].client == sorted[0].client {
			n++
		}
		body = lib0.AppendUvarint(body, uint64(n))
		body = yjs.AppendID(body, yjs.ID{Client: b.ids[sorted[0].client], Clock: sorted[0].clock})
		for _, s := range sorted[:n] {
			body = append(body, s.bytes...)
		}
		sorted = sorted[n:]
		sections++
	}
	return append(append(lib0.AppendUvarint(nil, uint64(sections)), body...), 0)
}

// deletions returns the updates that delete.
func (b *builder) deletions() (updates [][]byte) {
	deleting := func(ranges ...yjs.DeleteRange) {
		slices.SortFunc(ranges, func(x, y yjs.DeleteRange) int {
			return cmp.Or(cmp.Compare(y.Client, x.Client), cmp.Compare(x.Clock, y.Clock))
		})
		if len(ranges) > 0 {
			updates = append(updates, yjs.AppendDeletes([]byte{0}, ranges))
		}
	}
	every := func(from, step, length uint64) (ranges []yjs.DeleteRange) {
		for c, id := range b.ids {
			for clock := from; clock+length <= b.clocks[c] && len(ranges) < 2*b.n; clock += step {
				ranges = append(ranges, yjs.DeleteRange{Client: id, Clock: clock, End: clock + length})
			}
		}
		return ranges
	}
	switch b.delete {
	case "fourths":
		deleting(every(0, 4, 1)...)
		deleting(every(2, 4, 1)...)
	case "backwards":
		ranges := every(0, 1, 1)
		for _, r := range slices.Backward(ranges) {
			deleting(r)
		}
	case "all":
		for c, id := range b.ids {
			deleting(yjs.DeleteRange{Client: id, Clock: 0, End: b.clocks[c]})
		}
	case "ranges", "before they come":
		for _, r := range every(1, 7, 3) {
			deleting(r)
		}
	case "overlapping":
		ranges := every(0, 3, 20)
		b.rand.Shuffle(len(ranges), func(i, j int) { ranges[i], ranges[j] = ranges[j], ranges[i] })
		for _, r := range ranges {
			deleting(r)
		}
	}
	return updates
}
