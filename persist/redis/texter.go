package redis

import (
	"strconv"

	"github.com/redis/rueidis"
)

// texter makes arguments in one piece of memory, which it does not use again: the library may hold
// them for longer than a call takes.
type texter struct{ buf []byte }

// since returns what was appended to the buffer since it had n bytes.
func (t *texter) since(n int) string { return rueidis.BinaryString(t.buf[n:]) }

// noted returns how the owner's value begins if rows need nothing but to be appended.
func (t *texter) noted(l *Lease, incarnation uint64) string {
	n := len(t.buf)
	t.buf = append(strconv.AppendUint(t.buf, l.Fence, 10), ' ')
	t.buf = append(append(t.buf, l.Node...), ' ')
	t.buf = append(appendDigits(t.buf, incarnation), ' ')
	return t.since(n)
}

// id returns the id of a row.
func (t *texter) id(fence, number uint64) string {
	n := len(t.buf)
	t.buf = append(strconv.AppendUint(t.buf, fence, 10), '-')
	t.buf = strconv.AppendUint(t.buf, number, 10)
	return t.since(n)
}

// key returns a key of a room.
func (t *texter) key(tag, kind, room string) string {
	n := len(t.buf)
	t.buf = append(append(append(t.buf, tag...), ':'), kind...)
	t.buf = append(append(t.buf, ':'), room...)
	return t.since(n)
}

func (t *texter) decimal(v uint64) string {
	n := len(t.buf)
	t.buf = strconv.AppendUint(t.buf, v, 10)
	return t.since(n)
}

func (t *texter) frame(room string, data []byte) string {
	n := len(t.buf)
	t.buf = frame(t.buf, room, data)
	return t.since(n)
}
