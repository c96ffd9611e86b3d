package codec

import "errors"

// What can be wrong with an Any value.
var (
	ErrAnyTag     = errors.New("unknown Any tag")
	ErrDepth      = errors.New("value nested too deeply")
	ErrDocOptions = errors.New("subdocument options are no object")
)

// MaxDepth is how deep Any and JSON values may nest. Yjs reads both by
// recursion, on whatever stack a client has left.
const MaxDepth = 256

// Tags of lib0's Any, from its writeAny. Floats and BigInts are big-endian.
const (
	AnyUndefined = 127
	AnyNull      = 126
	AnyInteger   = 125
	AnyFloat32   = 124
	AnyFloat64   = 123
	AnyBigInt    = 122
	AnyFalse     = 121
	AnyTrue      = 120
	AnyString    = 119
	AnyObject    = 118
	AnyArray     = 117
	AnyBytes     = 116
)

// any reads past a lib0 Any value.
func (r *Reader) any(depth int) {
	switch tag := r.Byte(); tag {
	case AnyUndefined, AnyNull, AnyFalse, AnyTrue:
	case AnyInteger:
		r.Varint()
	case AnyFloat32:
		r.Take(4)
	case AnyFloat64, AnyBigInt:
		r.Take(8)
	case AnyString:
		r.String()
	case AnyBytes:
		r.Bytes()
	case AnyObject, AnyArray:
		r.anyMembers(tag, depth+1)
	default:
		r.failAt(r.off-1, ErrAnyTag)
	}
}

func (r *Reader) anyMembers(tag byte, depth int) {
	if depth > MaxDepth {
		r.failAt(r.off-1, ErrDepth)
	}
	for n := r.count(1); n > 0 && r.err == nil; n-- {
		if tag == AnyObject {
			r.String()
		}
		r.any(depth)
	}
}

// docOptions reads a subdocument's options, whose fields Yjs reads at once: null would throw.
func (r *Reader) docOptions() {
	if r.off < len(r.buf) && r.buf[r.off] != AnyObject {
		r.Fail(ErrDocOptions)
	}
	r.any(0)
}
