package compare

import (
	"slices"
	"unicode/utf16"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// The types of Authored.
const (
	TypeText  = "text"  // characters
	TypeValue = "value" // values of an array, or embedded in a text
	TypeBlock = "block" // a block in a list; what is in it follows, at its own path
	TypeEntry = "entry" // a key of a map or an attribute, with a value or a block
)

// Authored is a part of a document, and the user who wrote it.
type Authored struct {
	Root string // the name of the root that it is in
	Path []any  // of the block that it is in: ints and strings
	Type string
	// From and To are its units in the list of the block; 0 for an entry.
	From, To uint64
	Key      string // of an entry
	Text     string
	Values   []any  // as JSON can express them; one for an entry, unless that is a block
	Block    string // the kind of a block: text, array, map, element, fragment, hook, xml-text
	Name     string // of an element or hook
	By       authors.Author
}

// Read returns the parts of a document in their order, with the users who wrote them as table says.
// Neighbouring characters of one user are one part. Roots for which skip returns true are left out;
// skip may be nil. Its errors are those of view.New, to which the options are passed.
func Read(
	u yjs.CheckedUpdate, table *authors.Map, skip func(root string) bool, options ...view.Option,
) (all []Authored, err error) {
	defer view.Recover(&err)
	v, err := view.New(u, options...)
	if err != nil {
		return nil, err
	}
	r := reader{table: table, spend: v.Spend}
	for _, name := range v.Roots() {
		if skip == nil || !skip(name) {
			r.block(v.Root(name), &place{root: name})
		}
	}
	r.endText()
	return r.all, nil
}

type reader struct {
	table *authors.Map
	spend func(steps int)
	all   []Authored
	text  []byte // of the last part
}

func (r *reader) add(p *place, part Authored) {
	r.spend(stepsOf(p))
	r.endText()
	part.Root, part.Path = p.root, p.path
	r.all = append(r.all, part)
}

// endText gives the last part its text.
func (r *reader) endText() {
	if len(r.text) > 0 {
		r.all[len(r.all)-1].Text = string(r.text)
		r.text = r.text[:0]
	}
}

func (r *reader) block(t view.Type, p *place) {
	pos, open := uint64(0), false // open: the last part is text of this block that ends at pos
	for it := range t.Items() {
		it.Spend(1)
		switch {
		case it.Deleted() || it.Ref() == yjs.RefFormat:
			continue
		case it.Ref() == yjs.RefString:
			it.Spend(int(it.Len()))
			r.characters(it, p, pos, open)
		default:
			r.units(it, p, pos)
		}
		open = it.Ref() == yjs.RefString
		pos += it.Len()
	}
	r.entries(t, p)
}

// characters adds text, to the last part if that is open and of the same user.
func (r *reader) characters(it view.Item, p *place, pos uint64, open bool) {
	id, units := it.First(), utf16.Encode([]rune(it.Text()))
	for len(units) > 0 {
		by, n := writer(r.table, id, uint64(len(units)))
		if !open || r.all[len(r.all)-1].By != by {
			r.add(p, Authored{Type: TypeText, From: pos, By: by})
		}
		r.all[len(r.all)-1].To = pos + n
		r.text = append(r.text, string(utf16.Decode(units[:n]))...)
		units, open = units[n:], true
		id.Clock, pos = id.Clock+n, pos+n
	}
}

// writer returns the user who wrote a unit, and how many of the n units from it on.
func writer(table *authors.Map, id yjs.ID, n uint64) (authors.Author, uint64) {
	by, until := table.Writer(id.Client, id.Clock)
	return by, min(n, until-id.Clock)
}

// units adds values, or a block and all that is in it.
func (r *reader) units(it view.Item, p *place, pos uint64) {
	id := it.First()
	if it.Ref() == yjs.RefType {
		part := Authored{Type: TypeBlock, From: pos, To: pos + 1}
		part.Block, part.Name = kindOf(it.Type())
		part.By, _ = r.table.Writer(id.Client, id.Clock)
		r.add(p, part)
		r.block(it.Type(), p.at(pos))
		return
	}
	s := newSegment(it, nil)
	for from := uint64(0); from < s.len; {
		by, n := writer(r.table, id, s.len-from)
		r.add(p, Authored{
			Type: TypeValue, From: pos + from, To: pos + from + n, By: by,
			Values: s.values(from, n),
		})
		id.Clock, from = id.Clock+n, from+n
	}
}

// entries adds the keys of a map, or the attributes of an element, by their names.
func (r *reader) entries(t view.Type, p *place) {
	keys := t.Keys()
	slices.Sort(keys)
	for _, key := range keys {
		it, ok := t.Entry(key)
		if !ok || it.Deleted() {
			continue
		}
		it.Spend(1)
		part := Authored{Type: TypeEntry, Key: key}
		part.By, _ = r.table.Writer(it.Last().Client, it.Last().Clock)
		if it.Ref() != yjs.RefType {
			part.Values = lastValue(it)
			r.add(p, part)
			continue
		}
		part.Block, part.Name = kindOf(it.Type())
		r.add(p, part)
		r.block(it.Type(), p.under(key))
	}
}

// lastValue returns the value of an entry, as JSON can express it.
func lastValue(it view.Item) []any {
	all := it.Values()
	if len(all) == 0 {
		return nil
	}
	it.Spend(1 + it.ContentLen()/8)
	return []any{plain(all[len(all)-1])}
}
