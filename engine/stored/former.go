package stored

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Former is a set of client ids, which ascend: those of documents that a room had before, and that
// were deleted. A client that has structs of them, or writes them, has such a document. Its form is
// a list of unsigned LEB128: the first id, and of each other the difference to the one before.
type Former []uint64

// maxFormer is how many ids a form has at most: it is not longer than snapshot.MaxFormer then.
const maxFormer = snapshot.MaxFormer / 8 // an id has up to 53 bits

// Has reports whether an id is in the set.
func (f Former) Has(client uint64) bool {
	_, found := slices.BinarySearch(f, client)
	return found
}

// Append appends the form.
func (f Former) Append(dst []byte) []byte {
	last := uint64(0)
	for _, client := range f {
		dst, last = binary.AppendUvarint(dst, client-last), client
	}
	return dst
}

// parseFormer reads a form, as far as it can be read.
func parseFormer(form []byte) (f Former) {
	last := uint64(0)
	for len(form) > 0 && len(f) < snapshot.MaxFormer {
		more, n := binary.Uvarint(form)
		if n <= 0 {
			break
		}
		last, form = last+more, form[n:]
		f = append(f, last)
	}
	return f
}

// FormerOf returns the ids that the results of a Store's Load have: those of documents before the
// present one.
func FormerOf(blob []byte, rows [][]byte) (f Former) {
	if blob != nil {
		info, _ := snapshot.Stat(blob)
		f = parseFormer(info.Former)
	}
	for _, row := range rows {
		if _, fields, _, err := SplitRow(row); err == nil {
			f = f.And(parseFormer(fields.Former))
		}
	}
	return f
}

// And returns the ids of two sets; of more than a form can have, those of f. The result may be f:
// most rows have none.
func (f Former) And(other Former) Former {
	if len(other) == 0 {
		return f
	}
	all := slices.Clone(f)
	for _, client := range other {
		if len(all) < maxFormer && !f.Has(client) {
			all = append(all, client)
		}
	}
	slices.Sort(all)
	return all
}

// Leave returns the ids that a document leaves when it is deleted: its own, and those of documents
// before it. Of more than a form can have, they are those with the most units. limit is the length
// in bytes of the longest state that is read; what cannot be read has none.
func Leave(blob []byte, rows [][]byte, limit int) Former {
	units := map[uint64]uint64{}
	count := func(u yjs.CheckedUpdate) {
		for s := range u.Sections() {
			units[s.Client] = max(units[s.Client], s.End)
		}
	}
	if blob != nil {
		if s, err := snapshot.Decode(blob, limit); err == nil {
			if u, err := yjs.CheckUpdate(s.State); err == nil {
				count(u)
			}
		}
	}
	for _, row := range rows {
		if _, u, err := ParseRow(row); err == nil {
			count(u)
		}
	}
	own := make(Former, 0, len(units))
	for client := range units {
		own = append(own, client)
	}
	slices.SortFunc(own, func(a, b uint64) int {
		return cmp.Or(cmp.Compare(units[b], units[a]), cmp.Compare(a, b))
	})
	own = own[:min(len(own), maxFormer)]
	slices.Sort(own)
	return own.And(FormerOf(blob, rows))
}
