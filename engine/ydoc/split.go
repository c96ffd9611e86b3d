package ydoc

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Split cuts a checked update into updates of at most limit bytes, each valid
// alone, and calls emit with one after the other; the slice is reused. A
// receiver that could apply the whole can apply them in this order and never has
// to park a struct; deletions come last. A struct that cannot be cut (a large
// embed or binary) gets an update of its own, however large. limit must be at
// least 256.
func Split(u yjs.CheckedUpdate, limit int, emit func(update []byte)) {
	SplitWithFirst(u, limit, limit, emit)
}

// SplitWithFirst is Split with another limit for the first part. That has something in it that can
// be seen, if the update has: it may be shown before the others come.
func SplitWithFirst(u yjs.CheckedUpdate, first, limit int, emit func(update []byte)) {
	if len(u.Bytes()) <= first {
		emit(u.Bytes())
		return
	}
	s := splitter{limit: first, next: limit, emit: emit, size: updateHead}
	r := u.Read()
	for r.NextSection() {
		s.sections = append(s.sections, splitSection{Structs: r.Structs})
		r.Structs.Skip()
	}
	slices.SortFunc(s.sections, func(a, b splitSection) int {
		return cmp.Compare(b.Next.Client, a.Next.Client)
	})
	for i := range s.sections {
		s.sections[i].index = i
	}
	if g, ok := s.visible(); ok {
		s.reach(g)
	}
	s.structs()
	s.deletes(r.Deletes())
	s.flush()
}

// splitter fills one update after the other.
type splitter struct {
	limit    int // of the update that is being filled
	next     int // of those after it
	emit     func([]byte)
	sections []splitSection // by descending client id
	stack    []goal
	filled   []int // sections with a part in the update that is being filled
	size     int   // at most how long the update is that would be emitted now
	ranges   []yjs.DeleteRange
	out      []byte
	cut      []byte
}

// splitSection is what is left of a section of the whole, and its part of the update that is being
// filled.
type splitSection struct {
	yjs.Structs
	index int // in splitter.sections
	part  []byte
	from  yjs.ID // of the part's first struct
	count uint64 // structs in the part
	open  bool   // it is on the stack
}

// What an update, a section and a range of the delete set take at most, beside structs.
const (
	updateHead  = 2 * 8
	sectionHead = 3 * 8
	pieceHead   = 6 * 8 // the head of a struct that continues another
	rangeSize   = 4 * 8
)

// goal is a section to be emitted up to and including a clock.
type goal struct {
	section int
	clock   uint64
}

// structs goes through all sections, each struct after those it refers to.
func (s *splitter) structs() {
	for i := range s.sections {
		if s.sections[i].open {
			continue
		}
		s.reach(goal{i, lib0.MaxSafeInteger})
	}
}

// reach moves structs to updates until a goal is reached.
func (s *splitter) reach(g goal) {
	s.push(g)
	for len(s.stack) > 0 {
		next, ok := s.advance(s.stack[len(s.stack)-1])
		switch {
		case !ok:
			s.sections[s.stack[len(s.stack)-1].section].open = false
			s.stack = s.stack[:len(s.stack)-1]
		case !s.sections[next.section].open:
			s.push(next)
		default: // they wait for each other in a circle: no receiver can apply them
			s.stack = s.stack[:0]
		}
	}
}

// visible is the first struct with something that can be seen, unless it is deleted.
func (s *splitter) visible() (g goal, ok bool) {
	for i := range s.sections {
		structs := s.sections[i].Structs
		for st := (yjs.Struct{}); structs.Read(&st); {
			steps.Take(1)
			switch st.Ref() {
			case yjs.RefGC, yjs.RefDeleted, yjs.RefSkip, yjs.RefFormat:
			default:
				return goal{i, st.Clock}, true
			}
		}
	}
	return goal{}, false
}

func (s *splitter) push(g goal) {
	s.sections[g.section].open = true
	s.stack = append(s.stack, g)
}

// advance moves structs to the update until the goal is reached, or until one
// refers to what another section has yet to give: that is the next goal.
func (s *splitter) advance(g goal) (next goal, ok bool) {
	sec := &s.sections[g.section]
	for st := (yjs.Struct{}); sec.Next.Clock <= g.clock && sec.Read(&st); {
		if next, ok := s.waitsFor(&st); ok {
			sec.Unread(&st)
			return next, true
		}
		s.add(sec, sec.Raw(), &st)
	}
	return goal{}, false
}

// waitsFor returns what st refers to and another section has yet to give.
func (s *splitter) waitsFor(st *yjs.Struct) (g goal, ok bool) {
	if st.HasOrigin() {
		g, ok = s.pending(st, st.Origin)
	}
	if st.HasRightOrigin() && !ok {
		g, ok = s.pending(st, st.RightOrigin)
	}
	if st.HasParent() && st.ParentName == nil {
		g, ok = s.pending(st, st.Parent)
	}
	return g, ok
}

func (s *splitter) pending(st *yjs.Struct, id yjs.ID) (goal, bool) {
	if id.Client == st.Client {
		return goal{}, false
	}
	i, ok := slices.BinarySearchFunc(s.sections, id.Client, func(sec splitSection, client uint64) int {
		return cmp.Compare(client, sec.Next.Client)
	})
	if !ok {
		return goal{}, false
	}
	sec := &s.sections[i]
	return goal{i, id.Clock}, sec.Left > 0 && id.Clock >= sec.Next.Clock
}

// add puts st, a struct of raw, into the update, in pieces if it is too long.
func (s *splitter) add(sec *splitSection, raw []byte, st *yjs.Struct) {
	if st.End-st.Start <= s.room(sec) {
		s.write(sec, raw[st.Start:st.End], st.ID)
		return
	}
	if hasElements(st.Ref()) {
		s.addPieces(sec, raw, st)
		return
	}
	s.flush()
	s.write(sec, raw[st.Start:st.End], st.ID)
}

// room is how many bytes of the section's structs still fit.
func (s *splitter) room(sec *splitSection) int {
	if sec.count == 0 {
		return s.limit - s.size - sectionHead
	}
	return s.limit - s.size
}

// write appends one encoded struct to the section's part.
func (s *splitter) write(sec *splitSection, b []byte, id yjs.ID) {
	steps.Take(1 + len(b)/64)
	if sec.count == 0 {
		s.filled = append(s.filled, sec.index)
		sec.from = id
		s.size += sectionHead
	}
	sec.part = append(sec.part, b...)
	sec.count++
	s.size += len(b)
}

func (s *splitter) flush() {
	if len(s.filled) > 0 || len(s.ranges) > 0 {
		slices.Sort(s.filled)
		s.out = lib0.AppendUvarint(s.out[:0], uint64(len(s.filled)))
		for _, i := range s.filled {
			s.out = s.sections[i].take(s.out)
		}
		s.emit(yjs.AppendDeletes(s.out, s.ranges))
		s.limit = s.next
	}
	s.filled, s.ranges, s.size = s.filled[:0], s.ranges[:0], updateHead
}

// take appends the part as a section and empties it.
func (sec *splitSection) take(dst []byte) []byte {
	dst = yjs.AppendID(lib0.AppendUvarint(dst, sec.count), sec.from)
	dst = append(dst, sec.part...)
	sec.part, sec.count = sec.part[:0], 0
	return dst
}

func (s *splitter) deletes(d yjs.DeleteReader) {
	for r := (yjs.DeleteRange{}); d.Next(&r); {
		if s.size+rangeSize > s.limit {
			s.flush()
		}
		steps.Take(1)
		s.ranges = append(s.ranges, r)
		s.size += rangeSize
	}
}
