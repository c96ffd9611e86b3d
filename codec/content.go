package codec

// content reads the content with the given ref, a known one, and returns its length in clocks.
func (r *Reader) content(ref byte) uint64 {
	switch ref {
	case RefString:
		return r.units()
	case RefGC, RefDeleted, RefSkip:
		return r.Uvarint()
	case RefJSON, RefAny:
		n := r.count(1)
		for i := n; i > 0; i-- {
			r.element(ref)
		}
		return n
	case RefBinary:
		r.Bytes()
	case RefEmbed:
		r.json()
	case RefFormat:
		r.String()
		r.json()
	case RefType:
		r.typeRef()
	case RefDoc:
		r.String()
		r.docOptions()
	}
	return 1
}

// element reads one element of a content of many: JSON or Any.
func (r *Reader) element(ref byte) {
	if ref == RefAny {
		r.any(0)
		return
	}
	r.jsonOrUndefined()
}

// Elements reads n elements of content with the given ref, RefJSON or RefAny.
func (r *Reader) Elements(ref byte, n uint64) {
	for ; n > 0; n-- {
		r.element(ref)
	}
}

// Type refs: what a ContentType makes.
const (
	TypeArray       = 0
	TypeMap         = 1
	TypeText        = 2
	TypeXMLElement  = 3 // followed by its node name
	TypeXMLFragment = 4
	TypeXMLHook     = 5 // followed by its hook name
	TypeXMLText     = 6
)

func (r *Reader) typeRef() {
	start := r.off
	switch ref := r.Uvarint(); {
	case ref == TypeXMLElement || ref == TypeXMLHook:
		r.String()
	case ref > TypeXMLText:
		r.failAt(start, ErrTypeRef)
	}
}
