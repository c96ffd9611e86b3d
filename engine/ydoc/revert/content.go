package revert

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Equal reports whether two documents show the same in all roots but those that are kept.
func Equal(a, b *view.View, kept func(root string) bool) bool {
	return content(a, kept) == content(b, kept)
}

// content returns a hash of what a document shows: of everything that is not deleted, without ids,
// and however it is divided into structs.
func content(v *view.View, kept func(root string) bool) (sum [sha256.Size]byte) {
	c := contentHash{h: sha256.New()}
	for _, name := range v.Roots() {
		if t := v.Root(name); !kept(name) && (t.HasItems() || t.HasEntries()) {
			c.bytes([]byte(name))
			c.typ(t)
		}
	}
	c.h.Sum(sum[:0])
	return sum
}

// contentHash hashes content. Strings that follow one another are hashed as one.
type contentHash struct {
	h      hash.Hash
	buf    []byte
	text   hash.Hash // of the strings since the last other item; nil: there are none
	length uint64    // of these strings, in bytes
}

func (c *contentHash) bytes(b []byte) {
	c.number(uint64(len(b)))
	_, _ = c.h.Write(b) // never fails
}

func (c *contentHash) number(n uint64) {
	_, _ = c.h.Write(binary.BigEndian.AppendUint64(nil, n)) // never fails
}

func (c *contentHash) typ(t view.Type) {
	for it := range t.Items() {
		if !it.Deleted() {
			c.item(it)
		}
	}
	c.endText()
	c.number(0)
	keys := t.Keys()
	slices.Sort(keys)
	for _, key := range keys {
		if it, ok := t.Entry(key); ok && !it.Deleted() {
			c.bytes([]byte(key))
			c.item(it)
			c.endText()
		}
	}
	c.number(0)
}

func (c *contentHash) item(it view.Item) {
	c.buf = it.AppendContent(c.buf[:0])
	if it.Ref() == yjs.RefString {
		if c.text == nil {
			c.text = sha256.New()
		}
		_, _ = c.text.Write(c.buf) // never fails
		c.length += uint64(len(c.buf))
		return
	}
	c.endText()
	switch it.Ref() {
	case yjs.RefAny, yjs.RefJSON:
		c.values(it)
	default:
		c.number(uint64(it.Ref()))
		c.bytes(c.buf)
	}
	if it.Ref() == yjs.RefType {
		c.typ(it.Type())
	}
}

// values hashes the values of an item, each by itself, as structs may have any number of them.
func (c *contentHash) values(it view.Item) {
	r := lib0.TrustedReader(c.buf)
	for range it.Len() {
		begin := r.Offset()
		if it.Ref() == yjs.RefAny {
			r.SkipAny(0)
		} else {
			r.String()
		}
		c.number(uint64(it.Ref()))
		c.bytes(c.buf[begin:r.Offset()])
	}
}

func (c *contentHash) endText() {
	if c.text == nil {
		return
	}
	c.number(uint64(yjs.RefString))
	c.number(c.length)
	_, _ = c.h.Write(c.text.Sum(nil)) // never fails
	c.text, c.length = nil, 0
}
