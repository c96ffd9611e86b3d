package authors

import (
	"cmp"
	"math"
	"slices"
)

// keptChanges is the largest capacity of a list of changes that is kept.
const keptChanges = 1024

// ClearRow forgets what the Map has got since the last row: it is in no row that is to be
// written.
func (t *Map) ClearRow() {
	if t == nil {
		return
	}
	c := &t.row
	c.structs, c.first, c.runs, c.deleted = false, 0, c.runs[:0], c.deleted[:0]
	if cap(c.runs) > keptChanges {
		c.runs = nil
	}
	if cap(c.deleted) > keptChanges {
		c.deleted = nil
	}
}

// Row returns the form of what the Map has got since the last row, or nothing if that row needs
// none, and clears it. The row must have the update with exactly these changes, its sections by
// descending client id. The result is valid until the next call.
func (t *Map) Row() []byte {
	if t == nil {
		return nil
	}
	defer t.ClearRow()
	form := t.appendRow(t.row.form[:0])
	if t.row.form = form; cap(form) > keptChanges {
		t.row.form = nil
	}
	return form
}

func (t *Map) appendRow(dst []byte) []byte {
	flags := uint64(0)
	t.listed = t.listed[:0]
	switch by, one := t.oneDeleter(); {
	case t.impliesDeleters():
		t.row.deleted = t.row.deleted[:0]
	case one:
		flags, t.listed = flagDeleter, append(t.listed, by)
		t.row.deleted = t.row.deleted[:0]
	}
	if flags == 0 && len(t.row.runs) == 0 && len(t.row.deleted) == 0 {
		return dst
	}
	t.listRow()
	dst = t.appendHead(dst, flags, false)
	if len(t.row.runs) == 0 && len(t.row.deleted) == 0 {
		return dst
	}
	return t.appendRowClients(dst)
}

// oneDeleter returns the user who deleted everything that the row deletes, if it is one.
func (t *Map) oneDeleter() (by uint32, one bool) {
	for i, r := range t.row.deleted {
		if i > 0 && r.user != by {
			return Nobody, false
		}
		by = r.user
	}
	return by, len(t.row.deleted) > 0
}

// impliesDeleters reports whether a row that says nothing of its deletions means the right users.
func (t *Map) impliesDeleters() bool {
	for _, r := range t.row.deleted {
		for clock := r.clock; clock < r.end; {
			by, until := t.impliedDeleter(t.row.structs, t.row.first, r.client, clock)
			if by != r.user {
				return false
			}
			clock = until
		}
	}
	return true
}

// impliedDeleter returns the user who deleted a unit, if the row does not say it, and the clock up
// to which that holds: the user of the first section's client or, without structs, the user who
// wrote the unit.
func (t *Map) impliedDeleter(
	structs bool, first, client, clock uint64,
) (by uint32, until uint64) {
	if structs {
		return t.client(first).next(), math.MaxUint64
	}
	if c := t.client(client); c != nil {
		by, until, _ = c.find(clock)
		return by, until
	}
	return Nobody, math.MaxUint64
}

// listRow adds the users of the row to listed, in order.
func (t *Map) listRow() {
	first := len(t.listed)
	for _, r := range t.row.runs {
		t.listed = append(t.listed, r.user)
	}
	for _, r := range t.row.deleted {
		t.listed = append(t.listed, r.user)
	}
	more := t.listed[first:]
	slices.Sort(more)
	more = slices.Compact(more)
	if first > 0 {
		by := t.listed[0]
		more = slices.DeleteFunc(more, func(number uint32) bool { return number == by })
	}
	t.listed = t.listed[:first+len(more)]
}

// appendRowClients appends the clients of a row that has runs or ranges.
func (t *Map) appendRowClients(dst []byte) []byte {
	slices.SortStableFunc(t.row.runs, func(a, b rowRun) int {
		return cmp.Compare(a.client, b.client)
	})
	slices.SortFunc(t.row.deleted, func(a, b rowDeleted) int {
		return cmp.Or(cmp.Compare(a.client, b.client), cmp.Compare(a.clock, b.clock))
	})
	var clients []*client
	runs, deleted := t.row.runs, t.row.deleted
	for len(runs) > 0 || len(deleted) > 0 {
		c := &client{id: nextClient(runs, deleted)}
		for len(runs) > 0 && runs[0].client == c.id {
			c.begin(runs[0].clock, runs[0].user)
			runs = runs[1:]
		}
		for len(deleted) > 0 && deleted[0].client == c.id {
			c.deleted.push(deleted[0].deleted)
			deleted = deleted[1:]
		}
		clients = append(clients, c)
	}
	return t.appendClients(dst, clients)
}

// nextClient returns the lower one of the first client ids of two lists.
func nextClient(runs []rowRun, deleted []rowDeleted) uint64 {
	if len(deleted) == 0 || len(runs) > 0 && runs[0].client < deleted[0].client {
		return runs[0].client
	}
	return deleted[0].client
}
