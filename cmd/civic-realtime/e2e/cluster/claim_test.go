package cluster

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// claim is what a document has: for each client the clocks, and the deleted ones among them. Its
// JSON is that of lib/state.mjs, for clients in Node.
type claim struct {
	Clocks  map[string]uint64      `json:"clocks"`
	Deleted map[string][][2]uint64 `json:"deleted"` // clock and length; sorted, and not adjacent
}

// claimOf returns everything in a document as a claim.
func claimOf(d *ydoc.Doc) claim {
	c := claim{map[string]uint64{}, map[string][][2]uint64{}}
	for client := range d.Clients() {
		c.Clocks[fmt.Sprint(client)] = d.Clock(client)
	}
	for _, r := range deletedIn(yjs.Trust(d.AppendState(nil))) {
		c.delete(r)
	}
	return c
}

// deletedIn returns the deleted ranges of an update, in the delete set or as structs without
// content, sorted.
func deletedIn(u yjs.CheckedUpdate) (ranges []yjs.DeleteRange) {
	r := u.Read()
	for r.NextSection() {
		for s := (yjs.Struct{}); r.Structs.Read(&s); {
			if s.Ref() == yjs.RefGC || s.Ref() == yjs.RefDeleted {
				ranges = append(ranges, yjs.DeleteRange{Client: s.Client, Clock: s.Clock, End: s.Clock + s.Len})
			}
		}
	}
	deletes := r.Deletes()
	for d := (yjs.DeleteRange{}); deletes.Next(&d); {
		ranges = append(ranges, d)
	}
	slices.SortFunc(ranges, func(a, b yjs.DeleteRange) int {
		return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.Clock, b.Clock))
	})
	return ranges
}

// delete adds a range that does not begin before the last one of its client.
func (c claim) delete(r yjs.DeleteRange) {
	id := fmt.Sprint(r.Client)
	list := c.Deleted[id]
	if n := len(list); n > 0 && r.Clock <= list[n-1][0]+list[n-1][1] {
		list[n-1][1] = max(list[n-1][1], r.End-list[n-1][0])
	} else {
		c.Deleted[id] = append(list, [2]uint64{r.Clock, r.End - r.Clock})
	}
}

// missing lists the parts of a claim that another one lacks.
func (c claim) missing(in claim) (lacks []string) {
	for id, clock := range c.Clocks {
		if have := in.Clocks[id]; have < clock {
			lacks = append(lacks, fmt.Sprintf("client %s: clocks %d to %d", id, have, clock))
		}
	}
	for id, ranges := range c.Deleted {
		for _, r := range ranges {
			if !covers(in.Deleted[id], r) {
				lacks = append(lacks, fmt.Sprintf("client %s: the deletion of %d to %d", id, r[0], r[0]+r[1]))
			}
		}
	}
	slices.Sort(lacks)
	return lacks
}

func covers(have [][2]uint64, r [2]uint64) bool {
	return slices.ContainsFunc(have, func(h [2]uint64) bool { return h[0] <= r[0] && r[0]+r[1] <= h[0]+h[1] })
}

// String returns the claim in a form that is equal for equal claims.
func (c claim) String() string {
	b, _ := json.Marshal(c)
	return string(b)
}

// without returns the claim without the clients that skip says.
func (c claim) without(skip func(client uint64) bool) claim {
	out := claim{map[string]uint64{}, map[string][][2]uint64{}}
	for id, clock := range c.Clocks {
		if n, _ := strconv.ParseUint(id, 10, 64); !skip(n) {
			out.Clocks[id] = clock
		}
	}
	for id, ranges := range c.Deleted {
		if n, _ := strconv.ParseUint(id, 10, 64); !skip(n) {
			out.Deleted[id] = ranges
		}
	}
	return out
}
