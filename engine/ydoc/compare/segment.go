package compare

import (
	"cmp"
	"slices"
	"unicode/utf16"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// segment is an item of a list that is shown and counts: characters, values, or a block.
type segment struct {
	item  view.Item
	id    yjs.ID
	len   uint64
	text  []uint16 // of characters
	raw   []string // of values: the encoded ones
	marks *marks
}

// marks are the formats in force at a segment, ordered by key, also those that end one. They are
// never changed.
type marks struct{ of []mark }

// mark is the last format of a key.
type mark struct {
	key, json string // json "null" ends the format
	item      view.Item
}

// markSteps is the number of steps for which a format at a segment counts: a small document can
// have very many, as each format holds for all segments up to its end.
const markSteps = 16

// steps is the number of steps that it takes to read the format.
func (mk *mark) steps() int { return markSteps + len(mk.json) }

// value returns the JSON of the format; empty if it ends one.
func (mk *mark) value() string {
	if mk.json == "null" {
		return ""
	}
	return mk.json
}

// list returns the formats; m may be nil, which has none.
func (m *marks) list() []mark {
	if m == nil {
		return nil
	}
	return m.of
}

// with returns the formats after another one.
func (m *marks) with(it view.Item) *marks {
	key, json := it.Format()
	of := m.list()
	it.Spend(markSteps*(1+len(of)) + len(json)/64)
	i, has := slices.BinarySearchFunc(of, key, func(mk mark, key string) int {
		return cmp.Compare(mk.key, key)
	})
	end := i
	if has {
		end++
	}
	return &marks{slices.Concat(of[:i], []mark{{key, json, it}}, of[end:])}
}

// attributes returns the values of the formats in force; nil if there are none. It calls spend
// before it reads them.
func (m *marks) attributes(spend func(int)) (all map[string]any) {
	for _, mk := range m.list() {
		spend(mk.steps())
		if json := mk.value(); json != "" {
			if all == nil {
				all = make(map[string]any)
			}
			all[mk.key] = parsed(json)
		}
	}
	return all
}

// segments returns the content of a list. Reading it counts against the limit of steps of its view.
func segments(t view.Type) (all []segment) {
	var m *marks
	for it := range t.Items() {
		it.Spend(1)
		switch {
		case it.Deleted():
		case it.Ref() == yjs.RefFormat:
			m = m.with(it)
		default:
			all = append(all, newSegment(it, m))
		}
	}
	return all
}

func newSegment(it view.Item, m *marks) segment {
	s := segment{item: it, id: it.First(), len: it.Len(), marks: m}
	switch it.Ref() {
	case yjs.RefString:
		it.Spend(int(s.len))
		s.text = utf16.Encode([]rune(it.Text()))
	case yjs.RefType:
	default:
		s.raw = rawValues(it)
	}
	return s
}

// rawValues returns the encoded values of an item, one for each unit.
func rawValues(it view.Item) []string {
	content := it.AppendContent(nil)
	it.Spend(1 + len(content)/8)
	if it.Ref() != yjs.RefAny && it.Ref() != yjs.RefJSON {
		return []string{string(content)}
	}
	values := make([]string, 0, it.Len())
	r := lib0.TrustedReader(content)
	for range it.Len() {
		begin := r.Offset()
		if it.Ref() == yjs.RefAny {
			r.SkipAny(0)
		} else {
			r.String()
		}
		values = append(values, string(content[begin:r.Offset()]))
	}
	return values
}

// isBlock reports whether the segment is a block.
func (s *segment) isBlock() bool { return s.item.Ref() == yjs.RefType }

// isText reports whether the segment is characters.
func (s *segment) isText() bool { return s.item.Ref() == yjs.RefString }

// equal reports whether n units of s and o from offsets on are the same, but for what is in blocks.
func (s *segment) equal(from uint64, o *segment, at, n uint64) bool {
	if s.item.Ref() != o.item.Ref() {
		return false
	}
	switch {
	case s.isText():
		return equalSlices(s.text[from:from+n], o.text[at:at+n])
	case s.isBlock():
		return sameKind(s.item.Type(), o.item.Type())
	}
	return equalSlices(s.raw[from:from+n], o.raw[at:at+n])
}

func equalSlices[T comparable](a, b []T) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// sameKind reports whether two blocks are of one kind and name.
func sameKind(a, b view.Type) bool { return a.Kind() == b.Kind() && a.Name() == b.Name() }

// values returns n values of the segment from an offset on, as JSON can express them.
func (s *segment) values(from, n uint64) []any {
	s.item.Spend(int(s.len))
	all := s.item.Values()[from : from+n]
	for i := range all {
		all[i] = plain(all[i])
	}
	return all
}
