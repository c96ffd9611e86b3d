package revert

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// writer writes structs of one client, from clock 0 on.
type writer struct {
	next    yjs.ID
	structs uint64
	out     []byte
}

// place is the place of the next struct: behind a unit, before one, or, if there is neither, in its
// parent.
type place struct {
	parent            []byte // as structs have it
	key               string // of a map
	inMap             bool
	left, right       yjs.ID
	hasLeft, hasRight bool
}

func inRoot(name string) []byte { return lib0.AppendString(lib0.AppendUvarint(nil, 1), name) }

func inType(holder yjs.ID) []byte { return yjs.AppendID([]byte{0}, holder) }

// copy writes the content of an item, but nothing that is in its type, and moves the place behind
// it.
func (w *writer) copy(p *place, it view.Item) {
	n := it.Len()
	w.head(p, it.Ref())
	switch it.Ref() {
	case yjs.RefString:
		w.out = lib0.AppendUvarint(w.out, uint64(it.ContentLen()))
	case yjs.RefAny, yjs.RefJSON:
		w.out = lib0.AppendUvarint(w.out, n)
	}
	w.out = it.AppendContent(w.out)
	w.structs++
	p.left, p.hasLeft = yjs.ID{Client: w.next.Client, Clock: w.next.Clock + n - 1}, true
	w.next.Clock += n
}

func (w *writer) head(p *place, ref byte) {
	at := len(w.out)
	w.out = append(w.out, ref)
	if p.inMap {
		w.out[at] |= yjs.InfoParentSub
	}
	if p.hasLeft {
		w.out[at] |= yjs.InfoOrigin
		w.out = yjs.AppendID(w.out, p.left)
	}
	if p.hasRight {
		w.out[at] |= yjs.InfoRightOrigin
		w.out = yjs.AppendID(w.out, p.right)
	}
	if !p.hasLeft && !p.hasRight {
		w.out = append(w.out, p.parent...)
		if p.inMap {
			w.out = lib0.AppendString(w.out, p.key)
		}
	}
}

// update returns the update with the structs and deletions.
func (w *writer) update(deletes []yjs.DeleteRange) []byte {
	var u []byte
	if w.structs == 0 {
		u = lib0.AppendUvarint(u, 0)
	} else {
		u = lib0.AppendUvarint(lib0.AppendUvarint(u, 1), w.structs)
		u = append(yjs.AppendID(u, yjs.ID{Client: w.next.Client}), w.out...)
	}
	return yjs.AppendDeletes(u, deletes)
}

// firstClient is the first of the client ids of edits of the server.
const firstClient = 1 << 52

// clientFor returns the client id for structs: a hash of them and of what they delete, that no
// client of either document has. So the same restoration, made twice, is merged once.
func clientFor(update []byte, documents ...*view.View) uint64 {
	for salt := uint64(0); ; salt++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(update, salt))
		id := firstClient + binary.BigEndian.Uint64(sum[:])%(lib0.MaxSafeInteger+1-firstClient)
		free := true
		for _, v := range documents {
			free = free && !v.Has(id)
		}
		if free {
			return id
		}
	}
}
