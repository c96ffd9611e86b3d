package yjs

import (
	"github.com/civicpress/civic-realtime/codec/steps"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// Bits of the info byte above the content ref.
const (
	InfoRef         = 0x1f
	InfoParentSub   = 0x20 // the item is the value of a map key
	InfoRightOrigin = 0x40
	InfoOrigin      = 0x80
)

// Struct is one struct of an update: an item, a GC or a Skip. Origin and RightOrigin are valid if
// their bit of Info is set; Parent, ParentName and ParentSub if neither is. ParentName and
// ParentSub are parts of the update.
type Struct struct {
	ID
	Len         uint64 // in clocks, never 0
	Origin      ID
	RightOrigin ID
	Parent      ID     // the item whose type contains it, if ParentName is nil
	ParentName  []byte // the name of the root type that contains it
	ParentSub   []byte // the map key, nil for none
	right       int    // offset of the right origin, if there is one
	Start       int    // offset of the info byte
	Body        int    // offset of the content
	End         int    // offset of the next struct
	Info        byte
}

// Last returns the id of the last unit.
func (s *Struct) Last() ID { return ID{s.Client, s.Clock + s.Len - 1} }

// Ref returns the content ref.
func (s *Struct) Ref() byte { return s.Info & InfoRef }

// IsItem reports whether the struct is an item. A GC or a Skip has a length and nothing else.
func (s *Struct) IsItem() bool { return s.Ref() != RefGC && s.Ref() != RefSkip }

// HasOrigin reports whether Origin is valid.
func (s *Struct) HasOrigin() bool { return s.Info&InfoOrigin != 0 && s.IsItem() }

// HasRightOrigin reports whether RightOrigin is valid.
func (s *Struct) HasRightOrigin() bool { return s.Info&InfoRightOrigin != 0 && s.IsItem() }

// RightOriginBytes returns the encoded right origin, a part of raw, from which the struct was read.
func (s *Struct) RightOriginBytes(raw []byte) []byte { return raw[s.right:s.Body] }

// HasParent reports whether the struct names its parent. Otherwise it has that of its origin.
func (s *Struct) HasParent() bool { return s.Info&(InfoOrigin|InfoRightOrigin) == 0 && s.IsItem() }

// Structs reads a run of consecutive structs of one client. A copy of it reads on from the same
// place.
type Structs struct {
	lib0.Reader
	Next ID     // of the struct that Read reads next
	Left uint64 // number of structs that are not read yet
	ids  idReader
}

// TrustedStructs returns the run of n structs that begins at offset off of b with the struct next.
// b was checked before.
func TrustedStructs(b []byte, off int, next ID, n uint64) Structs {
	run := Structs{Reader: lib0.TrustedReader(b), Next: next, Left: n}
	run.Seek(off)
	return run
}

// Read reads the next struct into s, and reports whether there was one.
func (r *Structs) Read(s *Struct) bool {
	if r.Left == 0 {
		return false
	}
	r.Left--
	r.readStruct(s, r.Next)
	r.Next.Clock += s.Len
	return true
}

// ReadHead reads the next struct into s up to its content. It does not change s.Len, s.End, Next
// and Left, as it does not read the length.
func (r *Structs) ReadHead(s *Struct) {
	steps.Take(1)
	r.readHead(s, r.Next)
}

// Unread makes s, the struct that was read last, the next one again.
func (r *Structs) Unread(s *Struct) {
	r.Seek(s.Start)
	r.Next, r.Left = s.ID, r.Left+1
}

// Skip reads past the structs that are left.
func (r *Structs) Skip() {
	if r.Left == 0 {
		return
	}
	for s := (Struct{}); r.Read(&s); {
	}
}

// readSection reads the header of a section.
func (r *Structs) readSection() (structs uint64, first ID) {
	start := r.Offset()
	if structs = r.Count(2); structs == 0 && !r.Trusted() {
		// Yjs 14 throws if it knows the client.
		r.FailAt(start, ErrSection)
	}
	return structs, r.ids.read(&r.Reader)
}

// readStruct reads the struct with the given id, which is not encoded in it.
func (r *Structs) readStruct(s *Struct, id ID) {
	r.readHead(s, id)
	s.Len = skipContent(&r.Reader, s.Ref())
	s.End = r.Offset()
	steps.Take(1 + (s.End-s.Start)/64)
	if r.Trusted() {
		return
	}
	if s.Len == 0 {
		r.FailAt(s.Start, ErrLength)
	}
	if s.Clock+s.Len > lib0.MaxSafeInteger {
		r.FailAt(s.Start, ErrClock)
	}
}

// readHead reads a struct up to its content.
func (r *Structs) readHead(s *Struct, id ID) {
	s.ID, s.Start = id, r.Offset()
	s.Info = r.Byte()
	if s.Ref() >= RefSkip && s.Info != RefSkip {
		// Yjs takes a Skip with more bits for a Skip in one place, for an unknown ref in another.
		r.FailAt(s.Start, ErrContentRef)
	}
	if s.IsItem() {
		r.readOrigins(s)
	}
	s.Body = r.Offset()
}

// readOrigins reads the origins or the parent of an item.
func (r *Structs) readOrigins(s *Struct) {
	if s.Info&InfoOrigin != 0 {
		s.Origin = r.readReference(s)
	}
	if s.Info&InfoRightOrigin != 0 {
		s.right = r.Offset()
		s.RightOrigin = r.readReference(s)
	}
	if s.HasParent() {
		r.readParent(s)
	}
}

// readReference reads an id that the struct refers to, which must not be its own or come after it.
func (r *Structs) readReference(s *Struct) ID {
	id := r.ids.read(&r.Reader)
	if id.Client == s.Client && id.Clock >= s.Clock && !r.Trusted() {
		r.FailAt(s.Start, ErrFuture)
	}
	return id
}

// readParent reads the parent of an item, and its map key.
func (r *Structs) readParent(s *Struct) {
	s.ParentName, s.ParentSub = nil, nil
	switch start := r.Offset(); r.Uvarint() {
	case 0:
		s.Parent = r.readReference(s)
	case 1:
		s.ParentName = r.String()
	default:
		r.FailAt(start, ErrParentInfo)
	}
	if s.Info&InfoParentSub != 0 {
		s.ParentSub = r.String()
	}
}
