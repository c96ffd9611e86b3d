package yjs

import (
	"iter"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// CheckedUpdate is a Yjs V1 update that CheckUpdate has found well formed. It borrows the bytes.
// The zero value is an empty update.
//
// The form, from Yjs' writeClientsStructs and writeDeleteSet:
//
//	sections:varUint  { structs:varUint client:varUint clock:varUint struct* }*
//	clients:varUint   { client:varUint ranges:varUint { clock:varUint len:varUint }* }*
type CheckedUpdate struct{ raw []byte }

// Bytes returns the encoded update, nil for the zero value.
func (u CheckedUpdate) Bytes() []byte { return u.raw }

// HasStructs reports whether the update has structs.
func (u CheckedUpdate) HasStructs() bool { return len(u.raw) > 0 && u.raw[0] != 0 }

// HasDeletes reports whether the update has deletes, if its numbers are encoded as Yjs does: the
// last one is 0 only if it is the number of clients in the delete set.
func (u CheckedUpdate) HasDeletes() bool { return len(u.raw) > 0 && u.raw[len(u.raw)-1] != 0 }

// CheckUpdate checks that b is a well-formed V1 update: a Yjs client that has all structs to which
// it refers can apply it without throwing. Its error is a *lib0.SyntaxError. It does not allocate
// if sections are ordered by descending client id, as Yjs orders them.
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

// Trust returns b as a CheckedUpdate without checking it. b must be the output of an encoder of
// this module; other bytes must go through CheckUpdate.
func Trust(b []byte) CheckedUpdate { return CheckedUpdate{raw: b} }

// checkSections reads the sections and reports whether client ids strictly descend.
func (r *Structs) checkSections() bool {
	descending, last := true, uint64(lib0.MaxSafeInteger+1)
	var s Struct
	for n := r.Count(3); n > 0 && r.Err() == nil; n-- {
		left, next := r.readSection()
		descending = descending && next.Client < last
		last = next.Client
		for ; left > 0 && r.Err() == nil; left-- {
			r.readStruct(&s, next)
			next.Clock += s.Len
		}
	}
	return descending
}

// repeatsClient reports whether two sections, or two entries of the delete set, have one client.
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

// Section is the range of clocks for which an update has structs of a client.
type Section struct {
	Client uint64
	Clock  uint64 // of its first struct
	End    uint64 // the clock after its last struct
}

// Sections yields the sections of the update in the order of the update.
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

// UpdateReader reads an update: the structs of each section, then the delete set.
type UpdateReader struct {
	Structs  Structs // the current section
	sections uint64  // number of sections after it
}

// Read returns a reader of the update, before its first section.
func (u CheckedUpdate) Read() (r UpdateReader) {
	if len(u.raw) > 0 {
		r.Structs.Reader = lib0.TrustedReader(u.raw)
		r.sections = r.Structs.Count(3)
	}
	return r
}

// ReadUnchecked returns a reader of an update that checks while it reads. Its user must be able to
// undo everything if there is an error at the end. It does not notice a client id that is listed
// twice.
func ReadUnchecked(b []byte) (r UpdateReader) {
	r.Structs.Reader = lib0.NewReader(b)
	r.sections = r.Structs.Count(3)
	return r
}

// Sections returns the number of sections after the current one.
func (r *UpdateReader) Sections() uint64 { return r.sections }

// NextSection moves to the next section, past the rest of the current one, and reports whether
// there is one.
func (r *UpdateReader) NextSection() bool {
	r.Structs.Skip()
	if r.sections == 0 || r.Structs.Err() != nil {
		return false
	}
	r.sections--
	r.Structs.Left, r.Structs.Next = r.Structs.readSection()
	return true
}

// Deletes returns a reader of the delete set. NextSection must have returned false before.
func (r *UpdateReader) Deletes() DeleteReader {
	d := DeleteReader{Reader: &r.Structs.Reader}
	if d.Len() > 0 || !d.Trusted() {
		d.clients = d.Count(2)
	}
	return d
}
