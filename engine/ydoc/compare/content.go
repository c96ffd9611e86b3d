package compare

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"
	"unicode/utf16"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// token is a character, a value or a block, for comparing by content.
type token struct {
	text rune   // a character
	hash string // of a value or block; empty for a character
}

// tokens returns the tokens of a list, and the number of units of each.
func (c *comparer) tokens(all []segment) (list []token, units []uint64) {
	for i := range all {
		s := &all[i]
		c.spend(int(s.len))
		switch {
		case s.isText():
			for _, r := range utf16.Decode(s.text) {
				list = append(list, token{text: r})
				units = append(units, uint64(utf16.RuneLen(r)))
			}
		case s.isBlock():
			list, units = append(list, token{hash: c.hashOf(s.item.Type())}), append(units, 1)
		default:
			for _, raw := range s.raw {
				sum := sha256.Sum256(append([]byte{s.item.Ref()}, raw...))
				list, units = append(list, token{hash: string(sum[:])}), append(units, 1)
			}
		}
	}
	return list, units
}

// byContent compares two lists by what is in them.
func (w *lists) byContent() {
	a, unitsA := w.c.tokens(w.a)
	b, unitsB := w.c.tokens(w.b)
	i, j := 0, 0
	diff(a, b, w.c.spend, func(x, y, n int) {
		w.gap(sum(unitsA[i:x]), sum(unitsB[j:y]))
		w.both(sum(unitsA[x:x+n]), (*lists).keep)
		i, j = x+n, y+n
	})
	w.gap(sum(unitsA[i:]), sum(unitsB[j:]))
}

func sum(units []uint64) (n uint64) {
	for _, u := range units {
		n += u
	}
	return n
}

// both calls f for n units that both lists have next, in parts that are in one segment of each.
func (w *lists) both(n uint64, f func(*lists, uint64)) {
	for n > 0 {
		m := min(n, w.leftA(), w.leftB())
		f(w, m)
		n -= m
	}
}

// gap reads n units of a and m of b that have nothing in common, but that blocks of one kind and
// name are the same, in their order.
func (w *lists) gap(n, m uint64) {
	endA, endB := w.posA+n, w.posB+m
	for w.posA < endA {
		w.c.spend(1)
		if w.a[0].isBlock() {
			if at, ok := w.sameBlock(endB); ok {
				w.insertUpTo(at)
				w.keep(1)
				continue
			}
		}
		w.delete(min(w.leftA(), endA-w.posA))
	}
	w.insertUpTo(endB)
}

// sameBlock returns the position of the first block before end that is of the kind and name of the
// next one of a.
func (w *lists) sameBlock(end uint64) (at uint64, ok bool) {
	at = w.posB
	for i := 0; at < end; i++ {
		w.c.spend(1)
		s, left := &w.b[i], w.b[i].len
		if i == 0 {
			left -= w.offB
		}
		if s.isBlock() && sameKind(s.item.Type(), w.a[0].item.Type()) {
			return at, true
		}
		at += left
	}
	return 0, false
}

func (w *lists) insertUpTo(end uint64) {
	for w.posB < end {
		w.insert(min(w.leftB(), end-w.posB))
	}
}

// hashOf returns a hash of what a block shows, however it is divided into items.
func (c *comparer) hashOf(t view.Type) string {
	h := sha256.New()
	c.hash(h, t)
	return string(h.Sum(nil))
}

func (c *comparer) hash(h hash.Hash, t view.Type) {
	write(h, t.Kind(), []byte(t.Name()))
	for _, s := range segments(t) {
		c.hashMarks(h, s.marks)
		switch {
		case s.isText():
			for _, unit := range s.text {
				write(h, 1, binary.BigEndian.AppendUint16(nil, unit))
			}
		case s.isBlock():
			c.hash(h, s.item.Type())
		}
		for _, raw := range s.raw {
			write(h, 2, []byte(raw))
		}
	}
	keys := t.Keys()
	slices.Sort(keys)
	for _, key := range keys {
		it, ok := side{t: t}.live(key)
		if !ok {
			continue
		}
		c.spend(1)
		write(h, 3, []byte(key))
		if s := newSegment(it, nil); s.isBlock() {
			c.hash(h, it.Type())
		} else if len(s.raw) > 0 {
			write(h, 4, []byte(s.raw[len(s.raw)-1]))
		}
	}
	write(h, 5, nil)
}

// hashMarks hashes the formats in force.
func (c *comparer) hashMarks(h hash.Hash, m *marks) {
	for _, mk := range m.list() {
		c.spend(mk.steps())
		if json := mk.value(); json != "" {
			write(h, 6, []byte(mk.key))
			write(h, 7, []byte(json))
		}
	}
}

// write hashes a string with a mark of what it is.
func write(h hash.Hash, what byte, b []byte) {
	_, _ = h.Write(lib0.AppendBytes([]byte{what}, b)) // never fails
}
