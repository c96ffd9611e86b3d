package authors

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// Append appends the form of the whole Table, nothing if it is empty. A form that would be longer
// than MaxBytes makes the Table smaller first.
func (t *Table) Append(dst []byte) []byte {
	if t.Empty() {
		return dst
	}
	start := len(dst)
	for {
		dst = t.appendWhole(dst[:start])
		if len(dst)-start <= MaxBytes {
			return dst
		}
		if t.shrink(t.size / 2); t.Empty() {
			return dst[:start]
		}
	}
}

func (t *Table) appendWhole(dst []byte) []byte {
	t.mentions = t.mentions[:0]
	t.mentions = append(t.mentions, Nobody) // a run may end by one of nobody
	for i := range t.users {
		if u := &t.users[i]; u.used || u.stored {
			t.mentions = append(t.mentions, u.number)
		}
	}
	dst = t.appendHead(dst, flagWhole, true)
	clients := slices.DeleteFunc(t.all(), func(c *client) bool { return c.size() == 0 })
	return t.appendClients(dst, clients)
}

// appendClients appends clients, which ascend.
func (t *Table) appendClients(dst []byte, clients []*client) []byte {
	dst = lib0.AppendUvarint(dst, uint64(len(clients)))
	last := uint64(0)
	for _, c := range clients {
		dst = t.appendClient(lib0.AppendUvarint(dst, c.id-last), c)
		last = c.id
	}
	return dst
}

// appendHead appends the head and the users of a form, those in mentions. All of them are described,
// or those that are not stored yet.
func (t *Table) appendHead(dst []byte, flags uint64, all bool) []byte {
	dst = lib0.AppendUvarint(dst, uint64(len(t.mentions))<<flagBits|flags)
	for _, number := range t.mentions {
		u := t.userOf(number)
		if u == nil || u.stored && !all {
			dst = lib0.AppendUvarint(dst, uint64(number)<<1)
			continue
		}
		dst = lib0.AppendUvarint(dst, uint64(number)<<1|1)
		dst = lib0.AppendString(dst, u.ID)
		dst = lib0.AppendString(dst, u.Name)
		dst = lib0.AppendString(dst, u.OnBehalfOf)
		u.stored = u.stored || !all
	}
	return dst
}

// index returns the index of a user in mentions, which ascend from the second on, at least.
func (t *Table) index(number uint32) uint64 {
	if t.mentions[0] == number {
		return 0
	}
	i, _ := slices.BinarySearch(t.mentions[1:], number)
	return uint64(1 + i)
}

// appendClient appends the runs and ranges of a client.
func (t *Table) appendClient(dst []byte, c *client) []byte {
	dst = lib0.AppendUvarint(dst, uint64(len(c.runs)))
	last := uint64(0)
	for _, r := range c.runs {
		dst = lib0.AppendUvarint(dst, r.clock-last)
		dst = lib0.AppendUvarint(dst, t.index(r.user))
		last = r.clock
	}
	dst = lib0.AppendUvarint(dst, uint64(c.deleted.len))
	end := uint64(0)
	for _, chunk := range c.deleted.chunks {
		for _, r := range chunk {
			dst = lib0.AppendUvarint(dst, r.clock-end)
			dst = lib0.AppendUvarint(dst, r.end-r.clock)
			dst = lib0.AppendUvarint(dst, t.index(r.user))
			end = r.end
		}
	}
	return dst
}

// Read returns the Table of a form that Table.Append has made; an empty one for no bytes. Its error
// is an ErrForm.
func Read(b []byte, maxRuns int) (*Table, error) {
	t := New(maxRuns)
	if len(b) == 0 {
		return t, nil
	}
	f, err := parse(b)
	if err != nil {
		return nil, err
	}
	t.describe(f, nil, true)
	for _, c := range f.clients {
		t.addClient(c)
		t.size += c.size()
		for _, r := range c.runs {
			t.use(r.user)
		}
	}
	t.grown(0)
	return t, nil
}
