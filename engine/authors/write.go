package authors

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// Append appends the form of the whole Map, nothing if it is empty. A form that would be longer
// than MaxBytes makes the Map smaller first.
func (t *Map) Append(dst []byte) []byte {
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

func (t *Map) appendWhole(dst []byte) []byte {
	t.listed = t.listed[:0]
	t.listed = append(t.listed, Nobody) // a run may end by one of nobody
	for i := range t.users {
		if u := &t.users[i]; u.used || u.stored {
			t.listed = append(t.listed, u.number)
		}
	}
	dst = t.appendHead(dst, flagWhole, true)
	clients := slices.DeleteFunc(t.all(), func(c *client) bool { return c.size() == 0 })
	return t.appendClients(dst, clients)
}

// appendClients appends clients, which ascend.
func (t *Map) appendClients(dst []byte, clients []*client) []byte {
	dst = lib0.AppendUvarint(dst, uint64(len(clients)))
	last := uint64(0)
	for _, c := range clients {
		dst = t.appendClient(lib0.AppendUvarint(dst, c.id-last), c)
		last = c.id
	}
	return dst
}

// appendHead appends the head and the users of a form, those in listed. All of them are described,
// or those that are not stored yet.
func (t *Map) appendHead(dst []byte, flags uint64, all bool) []byte {
	dst = lib0.AppendUvarint(dst, uint64(len(t.listed))<<flagBits|flags)
	for _, number := range t.listed {
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

// index returns the index of a user in listed, which ascend from the second on, at least.
func (t *Map) index(number uint32) uint64 {
	if t.listed[0] == number {
		return 0
	}
	i, _ := slices.BinarySearch(t.listed[1:], number)
	return uint64(1 + i)
}

// appendClient appends the runs and ranges of a client.
func (t *Map) appendClient(dst []byte, c *client) []byte {
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

// Read returns the Map of a form that Map.Append has made; an empty one for no bytes. Its error
// is an ErrForm.
func Read(b []byte, maxRuns int) (*Map, error) {
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
