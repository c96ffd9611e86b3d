package codec

import (
	"errors"
	"iter"
	"slices"
)

// What can be wrong with an update beyond its primitives.
var (
	ErrCount      = errors.New("count larger than the bytes left")
	ErrClock      = errors.New("clock above 2^53-1")
	ErrClient     = errors.New("client id listed twice")
	ErrSection    = errors.New("section without structs")
	ErrLength     = errors.New("struct or deletion of length zero")
	ErrOrder      = errors.New("delete ranges overlap or descend")
	ErrFuture     = errors.New("struct refers to itself or to its own client's future")
	ErrContentRef = errors.New("unknown content ref")
	ErrTypeRef    = errors.New("unknown type ref")
	ErrParentInfo = errors.New("parent info is neither 0 nor 1")
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
	r := NewReader(b)
	descending := r.checkSections()
	descending = r.checkDeletes() && descending
	r.End()
	if r.err != nil {
		return CheckedUpdate{}, r.err
	}
	u := CheckedUpdate{raw: b}
	if !descending && u.repeatsClient() {
		return CheckedUpdate{}, &SyntaxError{Offset: 0, Err: ErrClient}
	}
	return u, nil
}

// Trust takes b, which encoders of this module wrote, as checked. Bytes from
// anywhere else must go through CheckUpdate.
func Trust(b []byte) CheckedUpdate { return CheckedUpdate{raw: b} }

// checkSections says whether client ids came in strictly descending order.
func (r *Reader) checkSections() bool {
	descending, last := true, uint64(MaxSafeInteger+1)
	var s Struct
	for n := r.count(3); n > 0 && r.err == nil; n-- {
		left, next := r.section()
		descending = descending && next.Client < last
		last = next.Client
		for ; left > 0 && r.err == nil; left-- {
			r.structure(&s, next)
			next.Clock += s.Len
		}
	}
	return descending
}

// checkDeletes does the same for the delete set, whose ranges must ascend: a
// Y.Doc that has to put others aside writes them wrongly, and then throws.
func (r *Reader) checkDeletes() bool {
	deletes := DeleteReader{Reader: r, clients: r.count(2)}
	descending, last := true, DeleteRange{Client: MaxSafeInteger + 1}
	entry := deletes.clients
	for dr := (DeleteRange{}); deletes.Next(&dr); last = dr {
		if deletes.clients != entry {
			descending = descending && dr.Client < last.Client
			entry = deletes.clients
		} else if dr.Clock < last.End {
			deletes.Fail(ErrOrder)
		}
	}
	return descending
}

// count reads a count of things that take at least size bytes each.
func (r *Reader) count(size uint64) uint64 {
	start := r.off
	n := r.Uvarint()
	if n*size > uint64(r.Len()) { // n is below 2^53: no overflow
		r.failAt(start, ErrCount)
		return 0
	}
	return n
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
		r.Structs.buf, r.Structs.trusted = u.raw, true
		r.sections = r.Structs.count(3)
	}
	return r
}

// ReadUnchecked starts a walk over an update that is checked on the way, for
// readers who can undo what they did when Deletes ends in an error. It does not
// notice a client id that is listed twice.
func ReadUnchecked(b []byte) (r UpdateReader) {
	r.Structs.buf = b
	r.sections = r.Structs.count(3)
	return r
}

// Sections is how many sections NextSection has not gone to yet.
func (r *UpdateReader) Sections() uint64 { return r.sections }

// NextSection goes to the next section, past what is left of this one.
func (r *UpdateReader) NextSection() bool {
	r.Structs.Skip()
	if r.sections == 0 || r.Structs.err != nil {
		return false
	}
	r.sections--
	r.Structs.Left, r.Structs.Next = r.Structs.section()
	return true
}

// Deletes returns the delete set, once NextSection has returned false.
func (r *UpdateReader) Deletes() DeleteReader {
	d := DeleteReader{Reader: &r.Structs.Reader}
	if d.Len() > 0 || !d.trusted {
		d.clients = d.count(2)
	}
	return d
}

// DeleteReader walks the ranges of a delete set. It goes on with the reader of the UpdateReader it is from.
type DeleteReader struct {
	*Reader
	client          uint64
	clients, ranges uint64 // still to come
}

// Next reads the next range. After an error there is none.
func (d *DeleteReader) Next(r *DeleteRange) bool {
	for d.ranges == 0 {
		if d.clients == 0 {
			return false
		}
		d.clients--
		d.client, d.ranges = d.Uvarint(), d.count(2)
	}
	d.ranges--
	start := d.off
	r.Client, r.Clock = d.client, d.Uvarint()
	r.End = r.Clock + d.Uvarint()
	if r.End > MaxSafeInteger {
		d.failAt(start, ErrClock)
	}
	if r.End == r.Clock { // a Y.Doc that puts it aside throws
		d.failAt(start, ErrLength)
	}
	return d.err == nil
}

// DeleteRange is a run of deleted clocks.
type DeleteRange struct {
	Client     uint64
	Clock, End uint64 // End is the first clock not in it
}

// AppendDeletes appends ranges, which are ordered by descending client and
// ascending clock, as a delete set.
func AppendDeletes(dst []byte, ranges []DeleteRange) []byte {
	dst = AppendUvarint(dst, uint64(countRuns(ranges)))
	for len(ranges) > 0 {
		n := 1
		for n < len(ranges) && ranges[n].Client == ranges[0].Client {
			n++
		}
		dst = AppendUvarint(AppendUvarint(dst, ranges[0].Client), uint64(n))
		for _, r := range ranges[:n] {
			dst = AppendUvarint(AppendUvarint(dst, r.Clock), r.End-r.Clock)
		}
		ranges = ranges[n:]
	}
	return dst
}

func countRuns(ranges []DeleteRange) (clients int) {
	for i := range ranges {
		if i == 0 || ranges[i].Client != ranges[i-1].Client {
			clients++
		}
	}
	return clients
}
