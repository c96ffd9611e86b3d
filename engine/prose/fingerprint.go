package prose

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// fingerprint is a hash of everything on which a block's Markdown depends. Its seeds are random in
// each process, so that nobody can construct two blocks with the same fingerprint.
type fingerprint [16]byte

var fingerprintSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func sum(b []byte) (f fingerprint) {
	binary.LittleEndian.PutUint64(f[:8], maphash.Bytes(fingerprintSeeds[0], b))
	binary.LittleEndian.PutUint64(f[8:], maphash.Bytes(fingerprintSeeds[1], b))
	return f
}

// Tags in the hashed bytes, beside the refs of items.
const (
	typeBegins = 'T'
	typeEnds   = 'E'
	hasKey     = 'K'
)

// fingerprint returns the fingerprint of a block. It depends on the document's text form too.
func (p *renderPass) fingerprint(typ view.Type) fingerprint {
	p.scratch = append(p.scratch[:0], typeBegins)
	if p.reader.direct {
		p.scratch = append(p.scratch, typeBegins)
	}
	p.appendType(typ)
	return sum(p.scratch)
}

// appendType appends a type's name, attributes and items, each with its length before it.
func (p *renderPass) appendType(typ view.Type) {
	p.scratch = append(p.scratch, typeBegins, typ.Kind())
	p.scratch = lib0.AppendString(p.scratch, typ.Name())
	for key, it := range typ.EachEntryItem() {
		if !it.Deleted() {
			p.scratch = lib0.AppendString(append(p.scratch, hasKey), key)
			p.appendContent(it)
		}
	}
	for it := range typ.Items() {
		switch {
		case it.Deleted():
		case it.Ref() == yjs.RefType:
			p.appendType(it.Type())
		default:
			p.appendContent(it)
		}
	}
	p.scratch = append(p.scratch, typeEnds)
}

func (p *renderPass) appendContent(it view.Item) {
	p.scratch = append(p.scratch, it.Ref())
	p.scratch = lib0.AppendUvarint(p.scratch, it.Len())
	p.scratch = lib0.AppendUvarint(p.scratch, uint64(it.ContentLen()))
	p.scratch = it.AppendContent(p.scratch)
}
