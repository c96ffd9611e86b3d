package yjs

import (
	"iter"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// CheckedUpdate is a Yjs V1 update that CheckUpdate has found well formed. It
// borrows the bytes. The zero value is an update with nothing in it.
//
// The form, from Yjs' writeClientsStructs and writeDeleteSet:
//
//	sections:varUint  { structs:varUint client:varUint clock:varUint struct* }*
//	clients:varUint   { client:varUint ranges:varUint { clock:varUint len:varUint }* }*
type CheckedUpdate struct{ raw []byte }

// Bytes returns the update as it came.
func (u CheckedUpdate) Bytes() []byte { return u.raw }

// HasStructs says whether the update does more than delete.
func (u CheckedUpdate) HasStructs() bool { return len(u.raw) > 0 && u.raw[0] != 0 }

// HasDeletes says whether the update deletes something, if its numbers are written as Yjs writes them: the
// last is 0 only where it counts the clients of which something is deleted.
func (u CheckedUpdate) HasDeletes() bool { return len(u.raw) > 0 && u.raw[len(u.raw)-1] != 0 }

// CheckUpdate checks that b is a well-formed V1 update, such that a Yjs client
// that knows what it refers to can apply it without throwing. Its error is a
// *SyntaxError. It allocates nothing but that, as long as sections come by
// descending client id, as Yjs writes them.
func CheckUpdate(b []byte) (CheckedUpdate, error) {
	r := Structs{Reader: lib0.NewReader(b)}
	descending := r.checkSections()
	descending = checkDeletes(&r.Reader) && descending
	r.End()
	if err := r.Err(); err != nil {
		return CheckedUpdate{}, err
	}
	u := CheckedUpdate{raw: b}
	if !descending && u.repeatsClient() {
		return CheckedUpdate{}, &lib0.SyntaxError{Offset: 0, Err: ErrClient}
	}
	return u, nil
}

// Trust takes b, which encoders of this module wrote, as checked. Bytes from
// anywhere else must go through CheckUpdate.
func Trust(b []byte) CheckedUpdate { return CheckedUpdate{raw: b} }

// checkSections says whether client ids came in strictly descending order.
func (r *Structs) checkSections() bool {
	descending, last := true, uint64(lib0.MaxSafeInteger+1)
	var s Struct
	for n := r.Count(3); n > 0 && r.Err() == nil; n-- {
		left, next := r.section()
		descending = descending && next.Client < last
		last = next.Client
		for ; left > 0 && r.Err() == nil; left-- {
			r.structure(&s, next)
			next.Clock += s.Len
		}
	}
	return descending
}

// repeatsClient says whether two sections, or two entries of the delete set, have the same client.
func (u CheckedUpdate) repeatsClient() bool {
	var sections, deletes []uint64
	r := u.Read()
	for r.NextSection() {
		sections = append(sections, r.Structs.Next.Client)
	}
	d := r.Deletes()
	for dr, entry := (DeleteRange{}), d.clients; d.Next(&dr); {
		if len(deletes) == 0 || d.clients != entry {
			deletes = append(deletes, dr.Client)
			entry = d.clients
		}
	}
	return repeats(sections) || repeats(deletes)
}

func repeats(ids []uint64) bool {
	slices.Sort(ids)
	return len(slices.Compact(ids)) < len(ids)
}

// Section says which clocks of a client an update writes about.
type Section struct {
	Client uint64
	Clock  uint64 // of its first struct
	End    uint64 // the clock after its last
}

// Sections yields the sections of the update, in its order.
func (u CheckedUpdate) Sections() iter.Seq[Section] {
	return func(yield func(Section) bool) {
		for r := u.Read(); r.NextSection(); {
			s := Section{r.Structs.Next.Client, r.Structs.Next.Clock, 0}
			r.Structs.Skip()
			s.End = r.Structs.Next.Clock
			if !yield(s) {
				return
			}
		}
	}
}

// UpdateReader walks an update: each section's structs, then the delete set.
type UpdateReader struct {
	Structs  Structs // the current section
	sections uint64  // still to come
}

// Read starts a walk.
func (u CheckedUpdate) Read() (r UpdateReader) {
	if len(u.raw) > 0 {
		r.Structs.Reader = lib0.TrustedReader(u.raw)
		r.sections = r.Structs.Count(3)
	}
	return r
}

// ReadUnchecked starts a walk over an update that is checked on the way, for
// readers who can undo what they did when Deletes ends in an error. It does not
// notice a client id that is listed twice.
func ReadUnchecked(b []byte) (r UpdateReader) {
	r.Structs.Reader = lib0.NewReader(b)
	r.sections = r.Structs.Count(3)
	return r
}

// Sections is how many sections NextSection has not gone to yet.
func (r *UpdateReader) Sections() uint64 { return r.sections }

// NextSection goes to the next section, past what is left of this one.
func (r *UpdateReader) NextSection() bool {
	r.Structs.Skip()
	if r.sections == 0 || r.Structs.Err() != nil {
		return false
	}
	r.sections--
	r.Structs.Left, r.Structs.Next = r.Structs.section()
	return true
}

// Deletes returns the delete set, once NextSection has returned false.
func (r *UpdateReader) Deletes() DeleteReader {
	d := DeleteReader{Reader: &r.Structs.Reader}
	if d.Len() > 0 || !d.Trusted() {
		d.clients = d.Count(2)
	}
	return d
}
