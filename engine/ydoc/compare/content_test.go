package compare_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"unicode/utf16"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/compare"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

func sorted(ranges []yjs.DeleteRange) []yjs.DeleteRange {
	ranges = slices.Clone(ranges)
	slices.SortFunc(ranges, func(a, b yjs.DeleteRange) int {
		return cmp.Or(cmp.Compare(b.Client, a.Client), cmp.Compare(a.Clock, b.Clock))
	})
	return ranges
}

// unit is a character, a value or a block, as it is shown.
type unit struct {
	id    yjs.ID
	text  uint16
	value string // JSON
	block *block
	attrs map[string]string // JSON, by key
}

// block is the content of a shared type.
type block struct {
	kind, name string
	list       []unit
	entries    map[string]unit
}

// contentOf returns the content of a shared type of a view.
func contentOf(t view.Type, root bool) *block {
	b := &block{entries: map[string]unit{}}
	if !root {
		b.kind, b.name = kinds[t.Kind()], t.Name()
	}
	attrs := map[string]string{}
	for it := range t.Items() {
		if it.Deleted() {
			continue
		}
		if it.Ref() == yjs.RefFormat {
			key, value := it.Format()
			attrs = with(attrs, key, value)
			continue
		}
		for i, u := range unitsOf(it) {
			u.id, u.attrs = it.First(), attrs
			u.id.Clock += uint64(i)
			b.list = append(b.list, u)
		}
	}
	for key, it := range t.EachEntryItem() {
		if !it.Deleted() {
			u := unitsOf(it)[0]
			u.id = it.First()
			b.entries[key] = u
		}
	}
	return b
}

var kinds = map[byte]string{
	yjs.TypeMap: "map", yjs.TypeText: "text", yjs.TypeXMLElement: "element", yjs.TypeXMLText: "xml-text",
}

func with(attrs map[string]string, key, value string) map[string]string {
	next := map[string]string{}
	for k, v := range attrs {
		next[k] = v
	}
	if next[key] = value; value == "null" {
		delete(next, key)
	}
	return next
}

func unitsOf(it view.Item) (units []unit) {
	switch it.Ref() {
	case yjs.RefString:
		for _, c := range utf16.Encode([]rune(it.Text())) {
			units = append(units, unit{text: c})
		}
	case yjs.RefType:
		units = append(units, unit{block: contentOf(it.Type(), false)})
	default:
		for _, v := range it.Values() {
			units = append(units, unit{value: inJSON(v)})
		}
	}
	return units
}

func inJSON(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// contents returns the content of all roots.
func contents(v *view.View) map[string]*block {
	all := map[string]*block{}
	for _, name := range v.Roots() {
		all[name] = contentOf(v.Root(name), true)
	}
	return all
}

// String returns what is shown, without ids.
func (b *block) String() string {
	s := b.kind + b.name + "["
	for _, u := range b.list {
		s += u.String()
	}
	s += "]{"
	keys := []string{}
	for key := range b.entries {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		s += key + ":" + b.entries[key].String()
	}
	return s + "}"
}

func (u unit) String() string {
	s := ""
	switch {
	case u.block != nil:
		s = u.block.String()
	case u.value != "":
		s = "<" + u.value + ">"
	default:
		s = fmt.Sprintf("%x.", u.text)
	}
	if len(u.attrs) > 0 {
		s += fmt.Sprint(u.attrs)
	}
	return s
}

// applier applies differences to the content of the older state.
type applier struct {
	t   *testing.T
	old map[string][]compare.Difference // by place: those with places in the older state
	new map[string][]compare.Difference
}

func placeOf(root string, path []any) string {
	return fmt.Sprintf("%q%q", root, fmt.Sprintf("%#v", path))
}

func isOld(d compare.Difference) bool {
	return d.Type == compare.Delete || d.Type == compare.BlockDelete || d.Type == compare.Unset
}

// apply returns the content of the newer state.
func apply(t *testing.T, old map[string]*block, roots []string, all []compare.Difference) map[string]*block {
	a := applier{t, map[string][]compare.Difference{}, map[string][]compare.Difference{}}
	for _, d := range all {
		at := placeOf(d.Root, d.Path)
		if isOld(d) {
			a.old[at] = append(a.old[at], d)
		} else {
			a.new[at] = append(a.new[at], d)
		}
	}
	result := map[string]*block{}
	for _, name := range roots {
		was := old[name]
		if was == nil {
			was = &block{}
		}
		result[name] = a.block(was, name, nil, nil, true)
	}
	return result
}

// block applies the differences of a block that is at a path in the older state, if it is there.
func (a *applier) block(was *block, root string, oldPath, newPath []any, there bool) *block {
	b := &block{kind: was.kind, name: was.name, entries: map[string]unit{}}
	gone := map[int]bool{}
	unset := map[string]bool{}
	if there {
		for _, d := range a.old[placeOf(root, oldPath)] {
			if d.Type == compare.Unset {
				unset[d.Key] = true
			}
			for i := d.From; i < d.To; i++ {
				gone[int(i)] = true
			}
		}
	}
	step := func(path []any, s any) []any { return append(slices.Clone(path), s) }
	changes := a.new[placeOf(root, newPath)]
	for _, d := range changes {
		unset[d.Key] = unset[d.Key] || d.Type == compare.Set
	}
	put := func() {
		for len(changes) > 0 {
			d := changes[0]
			if int(d.From) != len(b.list) {
				return
			}
			b.list = append(b.list, a.inserted(d, root, step(newPath, int(d.From)))...)
			changes = changes[1:]
		}
	}
	all := changes
	changes = slices.DeleteFunc(slices.Clone(changes), func(d compare.Difference) bool {
		return d.Type == compare.Format || d.Type == compare.Set
	})
	put()
	for i, u := range was.list {
		if gone[i] {
			continue
		}
		if u.block != nil {
			u.block = a.block(u.block, root, step(oldPath, i), step(newPath, len(b.list)), there)
		}
		b.list = append(b.list, u)
		put()
	}
	if len(changes) > 0 {
		a.t.Fatalf("no place for %+v", changes[0])
	}
	for _, d := range all {
		if d.Type == compare.Format {
			for i := d.From; i < d.To; i++ {
				for key, value := range d.Attributes {
					b.list[i].attrs = with(b.list[i].attrs, key, inJSON(value))
				}
			}
		}
	}
	for key, u := range was.entries {
		if unset[key] {
			continue
		}
		if u.block != nil {
			u.block = a.block(u.block, root, step(oldPath, key), step(newPath, key), there)
		}
		b.entries[key] = u
	}
	for _, d := range all {
		if d.Type == compare.Set {
			b.entries[d.Key] = a.inserted(d, root, step(newPath, d.Key))[0]
		}
	}
	return b
}

// inserted returns the units that a difference inserts.
func (a *applier) inserted(d compare.Difference, root string, path []any) (units []unit) {
	attrs := map[string]string{}
	for key, value := range d.Attributes {
		attrs[key] = inJSON(value)
	}
	switch {
	case d.Block != "":
		in := a.block(&block{kind: d.Block, name: d.Name}, root, nil, path, false)
		units = append(units, unit{block: in})
	case len(d.Values) > 0:
		for _, v := range d.Values {
			units = append(units, unit{value: inJSON(v)})
		}
	default:
		for _, c := range utf16.Encode([]rune(d.Text)) {
			units = append(units, unit{text: c})
		}
	}
	for i := range units {
		units[i].attrs = attrs
	}
	return units
}

// find returns the block at a path.
func find(all map[string]*block, root string, path []any) *block {
	b := all[root]
	for _, step := range path {
		switch s := step.(type) {
		case int:
			b = b.list[s].block
		case string:
			b = b.entries[s].block
		}
	}
	return b
}

func decoded(units []uint16) string { return string(utf16.Decode(units)) }
