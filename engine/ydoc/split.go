package ydoc

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Split cuts a checked update into updates of at most limit bytes, at least 256, and calls emit
// with each; the slice is reused. A receiver that could apply the whole update can apply the parts
// in order without pending structs. Deletes come last. A struct that cannot be cut, such as a large
// embed, gets an update of its own, however large.
func Split(u yjs.CheckedUpdate, limit int, emit func(update []byte)) {
	SplitWithFirst(u, limit, limit, emit)
}

// SplitWithFirst is Split with another limit for the first part. If the update has visible content,
// the first part has some, so that a client can show it before the others come.
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
	if g, ok := s.firstVisible(); ok {
		s.writeUntil(g)
	}
	s.writeStructs()
	s.writeDeletes(r.Deletes())
	s.flush()
}

// splitter writes one update after the other.
type splitter struct {
	limit    int // of the update that is written now
	next     int // of the updates after it
	emit     func([]byte)
	sections []splitSection // by descending client id
	stack    []target
	filled   []int // sections with a part in the update that is written now
	size     int   // an upper bound of the length of that update
	ranges   []yjs.DeleteRange
	out      []byte
	cutBuf   []byte
}

// splitSection is the unwritten rest of a section, and its part of the update that is written now.
type splitSection struct {
	yjs.Structs
	index int // in splitter.sections
	part  []byte
	from  yjs.ID // of the part's first struct
	count uint64 // number of structs in the part
	open  bool   // it is on the stack
}

// The most bytes of the headers of an update, a section and a cut struct, and of a delete range.
const (
	updateHead       = 2 * 8
	sectionHead      = 3 * 8
	continuationHead = 6 * 8 // of a struct that continues another
	rangeSize        = 4 * 8
)

// target is a section that is to be written up to and including a clock.
type target struct {
	section int
	clock   uint64
}

// writeStructs writes all sections, each struct after those it refers to.
func (s *splitter) writeStructs() {
	for i := range s.sections {
		if s.sections[i].open {
			continue
		}
		s.writeUntil(target{i, lib0.MaxSafeInteger})
	}
}

// writeUntil writes structs until a target is reached.
func (s *splitter) writeUntil(g target) {
	s.push(g)
	for len(s.stack) > 0 {
		next, ok := s.writeTarget(s.stack[len(s.stack)-1])
		switch {
		case !ok:
			s.sections[s.stack[len(s.stack)-1].section].open = false
			s.stack = s.stack[:len(s.stack)-1]
		case !s.sections[next.section].open:
			s.push(next)
		default: // sections refer to each other in a circle, so no document can apply them
			s.stack = s.stack[:0]
		}
	}
}

// firstVisible returns the first struct with visible content, which may be deleted.
func (s *splitter) firstVisible() (g target, ok bool) {
	for i := range s.sections {
		structs := s.sections[i].Structs
		for st := (yjs.Struct{}); structs.Read(&st); {
			steps.Take(1)
			switch st.Ref() {
			case yjs.RefGC, yjs.RefDeleted, yjs.RefSkip, yjs.RefFormat:
			default:
				return target{i, st.Clock}, true
			}
		}
	}
	return target{}, false
}

func (s *splitter) push(g target) {
	s.sections[g.section].open = true
	s.stack = append(s.stack, g)
}

// writeTarget writes structs until the target is reached, or one refers to an unwritten struct of
// another section: that is the next target.
func (s *splitter) writeTarget(g target) (next target, ok bool) {
	sec := &s.sections[g.section]
	for st := (yjs.Struct{}); sec.Next.Clock <= g.clock && sec.Read(&st); {
		if next, ok := s.dependency(&st); ok {
			sec.Unread(&st)
			return next, true
		}
		s.add(sec, sec.Raw(), &st)
	}
	return target{}, false
}

// dependency returns an unwritten struct of another section that st refers to.
func (s *splitter) dependency(st *yjs.Struct) (g target, ok bool) {
	if st.HasOrigin() {
		g, ok = s.unwritten(st, st.Origin)
	}
	if st.HasRightOrigin() && !ok {
		g, ok = s.unwritten(st, st.RightOrigin)
	}
	if st.HasParent() && st.ParentName == nil {
		g, ok = s.unwritten(st, st.Parent)
	}
	return g, ok
}

func (s *splitter) unwritten(st *yjs.Struct, id yjs.ID) (target, bool) {
	if id.Client == st.Client {
		return target{}, false
	}
	byClient := func(sec splitSection, client uint64) int {
		return cmp.Compare(client, sec.Next.Client)
	}
	i, ok := slices.BinarySearchFunc(s.sections, id.Client, byClient)
	if !ok {
		return target{}, false
	}
	sec := &s.sections[i]
	return target{i, id.Clock}, sec.Left > 0 && id.Clock >= sec.Next.Clock
}

// add writes st, a struct in raw, and cuts it if it is too long.
func (s *splitter) add(sec *splitSection, raw []byte, st *yjs.Struct) {
	if st.End-st.Start <= s.room(sec) {
		s.write(sec, raw[st.Start:st.End], st.ID)
		return
	}
	if hasElements(st.Ref()) {
		s.addCut(sec, raw, st)
		return
	}
	s.flush()
	s.write(sec, raw[st.Start:st.End], st.ID)
}

// room returns how many bytes of structs of a section still fit.
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
			s.out = s.sections[i].appendTo(s.out)
		}
		s.emit(yjs.AppendDeletes(s.out, s.ranges))
		s.limit = s.next
	}
	s.filled, s.ranges, s.size = s.filled[:0], s.ranges[:0], updateHead
}

// appendTo appends the part as a section and empties it.
func (sec *splitSection) appendTo(dst []byte) []byte {
	dst = yjs.AppendID(lib0.AppendUvarint(dst, sec.count), sec.from)
	dst = append(dst, sec.part...)
	sec.part, sec.count = sec.part[:0], 0
	return dst
}

func (s *splitter) writeDeletes(d yjs.DeleteReader) {
	for r := (yjs.DeleteRange{}); d.Next(&r); {
		if s.size+rangeSize > s.limit {
			s.flush()
		}
		steps.Take(1)
		s.ranges = append(s.ranges, r)
		s.size += rangeSize
	}
}
