package redis

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"
)

// maxCall and maxCallBytes bound how much one call of a script does, during which Redis serves
// nobody else: rooms, and bytes. Calls for more are divided, and sent in the same pipeline.
const (
	maxCall      = 256
	maxCallBytes = 1 << 20
)

// calls collects calls of a script: for each shard those of its rooms.
type calls struct {
	head  []string // arguments of each call before the rooms'
	list  []call
	items [][]int // for each call the indexes of its rooms, in order

	last  []int // by shard: its last call; -1: none
	bytes []int // by shard: of its last call
}

func (c *Client) newCalls(head ...string) *calls {
	b := &calls{head: head, last: make([]int, len(c.tags)), bytes: make([]int, len(c.tags))}
	for i := range b.last {
		b.last[i] = -1
	}
	return b
}

// add adds the arguments of the room with an index.
func (b *calls) add(shard, index int, args ...string) {
	size := 0
	for _, a := range args {
		size += len(a)
	}
	at := b.open(shard, index, size)
	at.args = append(at.args, args...)
}

// open returns the call to which the arguments of the room with an index, so many bytes, are to be
// added.
func (b *calls) open(shard, index, bytes int) *call {
	at := b.last[shard]
	if at < 0 || len(b.items[at]) >= maxCall || b.bytes[shard]+bytes > maxCallBytes {
		at = len(b.list)
		b.list = append(b.list, call{shard, append([]string(nil), b.head...)})
		b.items = append(b.items, nil)
		b.last[shard], b.bytes[shard] = at, 0
	}
	b.items[at] = append(b.items[at], index)
	b.bytes[shard] += bytes
	return &b.list[at]
}

// held returns the text by which scripts recognize a lease.
func held(l Lease) string { return strconv.FormatUint(l.Fence, 10) + " " + l.Node + " " }

// digits returns an incarnation as it is stored: of 16 digits, so that texts compare as numbers do.
func digits(incarnation uint64) string { return string(appendDigits(nil, incarnation)) }

func appendDigits(b []byte, incarnation uint64) []byte {
	var bytes [8]byte
	binary.BigEndian.PutUint64(bytes[:], incarnation)
	return hex.AppendEncode(b, bytes[:])
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// number parses a number that Redis has stored.
func parse(text string, base int) uint64 {
	n, _ := strconv.ParseUint(text, base, 64)
	return n
}
