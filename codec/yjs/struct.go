package yjs

import (
	"github.com/civicpress/civic-realtime/codec/steps"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// Bits of the info byte above the content ref.
const (
	InfoRef         = 0x1f
	InfoParentSub   = 0x20 // the struct is a value of a map key
	InfoRightOrigin = 0x40
	InfoOrigin      = 0x80
)

// Struct is one struct of an update. Origin and RightOrigin are valid when
// their bit of Info is set; Parent, ParentName and ParentSub when neither is.
type Struct struct {
	ID
	Len         uint64 // clocks it takes, never 0
	Origin      ID
	RightOrigin ID
	Parent      ID     // of the item whose type holds it, when ParentName is nil
	ParentName  []byte // of the root that holds it
	ParentSub   []byte // the map key, nil when it has none
	right       int    // offset of the right origin, when there is one
	Start       int    // offset of the info byte
	Body        int    // offset of the content
	End         int    // offset of the next struct
	Info        byte
}

// Last is the id of the last unit.
func (s *Struct) Last() ID { return ID{s.Client, s.Clock + s.Len - 1} }

// Ref is the content ref.
func (s *Struct) Ref() byte { return s.Info & InfoRef }

// IsItem is false for GC and Skip, which have a length and nothing else.
func (s *Struct) IsItem() bool { return s.Ref() != RefGC && s.Ref() != RefSkip }

// HasOrigin says whether Origin is valid.
func (s *Struct) HasOrigin() bool { return s.Info&InfoOrigin != 0 && s.IsItem() }

// HasRightOrigin says whether RightOrigin is valid.
func (s *Struct) HasRightOrigin() bool { return s.Info&InfoRightOrigin != 0 && s.IsItem() }

// RightOriginBytes is how the right origin is written in raw, which holds the struct.
func (s *Struct) RightOriginBytes(raw []byte) []byte { return raw[s.right:s.Body] }

// HasParent says whether the struct names its parent itself; else it has its origin's.
func (s *Struct) HasParent() bool { return s.Info&(InfoOrigin|InfoRightOrigin) == 0 && s.IsItem() }

// Structs is a run of consecutive structs of one client. It is a value: a copy
// remembers a place.
type Structs struct {
	lib0.Reader
	Next ID     // of the struct that Read reads next
	Left uint64 // structs left
	ids  idReader
}

// TrustedStructs returns the run of n structs, the first with id next, that
// stands at offset off of b and was checked before.
func TrustedStructs(b []byte, off int, next ID, n uint64) Structs {
	run := Structs{Reader: lib0.TrustedReader(b), Next: next, Left: n}
	run.Seek(off)
	return run
}

// Read reads the next struct into s.
func (r *Structs) Read(s *Struct) bool {
	if r.Left == 0 {
		return false
	}
	r.Left--
	r.structure(s, r.Next)
	r.Next.Clock += s.Len
	return true
}

// ReadHead reads the next struct into s as far as its content, whose length it
// thus does not know: Len and End are left alone, and so are Next and Left.
func (r *Structs) ReadHead(s *Struct) {
	steps.Take(1)
	r.head(s, r.Next)
}

// Unread goes back to before s, the struct just read.
func (r *Structs) Unread(s *Struct) {
	r.Seek(s.Start)
	r.Next, r.Left = s.ID, r.Left+1
}

// Skip reads the structs that are left.
func (r *Structs) Skip() {
	if r.Left == 0 {
		return
	}
	for s := (Struct{}); r.Read(&s); {
	}
}

// section reads a section's header.
func (r *Structs) section() (structs uint64, first ID) {
	start := r.Offset()
	if structs = r.Count(2); structs == 0 && !r.Trusted() { // Yjs 14 throws where it knows the client
		r.FailAt(start, ErrSection)
	}
	return structs, r.ids.read(&r.Reader)
}

// structure reads the struct with the given id. Structs name neither their
// client nor their clock.
func (r *Structs) structure(s *Struct, id ID) {
	r.head(s, id)
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

func (r *Structs) head(s *Struct, id ID) {
	s.ID, s.Start = id, r.Offset()
	s.Info = r.Byte()
	if s.Ref() >= RefSkip && s.Info != RefSkip { // Yjs takes a Skip with more bits for one here, for an unknown ref there
		r.FailAt(s.Start, ErrContentRef)
	}
	if s.IsItem() {
		r.place(s)
	}
	s.Body = r.Offset()
}

// place reads where an item stands: its origins or its parent.
func (r *Structs) place(s *Struct) {
	if s.Info&InfoOrigin != 0 {
		s.Origin = r.past(s)
	}
	if s.Info&InfoRightOrigin != 0 {
		s.right = r.Offset()
		s.RightOrigin = r.past(s)
	}
	if s.HasParent() {
		r.parent(s)
	}
}

// past reads an id that the struct refers to, which must not come after it.
func (r *Structs) past(s *Struct) ID {
	id := r.ids.read(&r.Reader)
	if id.Client == s.Client && id.Clock >= s.Clock && !r.Trusted() {
		r.FailAt(s.Start, ErrFuture)
	}
	return id
}

func (r *Structs) parent(s *Struct) {
	s.ParentName, s.ParentSub = nil, nil
	switch start := r.Offset(); r.Uvarint() {
	case 0:
		s.Parent = r.past(s)
	case 1:
		s.ParentName = r.String()
	default:
		r.FailAt(start, ErrParentInfo)
	}
	if s.Info&InfoParentSub != 0 {
		s.ParentSub = r.String()
	}
}
