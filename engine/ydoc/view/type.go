package view

import (
	"iter"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Roots returns the names of the root types that have, or had, content, in order.
func (v *View) Roots() []string {
	names := make([]string, 0, len(v.roots))
	for name := range v.roots {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Root returns the root type with this name; one without content is empty. An update does not say
// of which kind a root is: the reader must know.
func (v *View) Root(name string) Type { return Type{v, v.root([]byte(name))} }

// IsRoot reports whether the type is a root, whose Kind is not known.
func (t Type) IsRoot() bool { return t.typ().root }

// Kind returns the type ref, yjs.TypeArray and so on.
func (t Type) Kind() byte { return t.typ().ref }

// Name returns the node name of an element, the name of a hook or of a root.
func (t Type) Name() string { return t.typ().name }

func (t Type) typ() *typ { return &t.v.types[t.i] }

// visible yields the items of the list that are not deleted, in order.
func (t Type) visible() iter.Seq[*item] {
	return func(yield func(*item) bool) {
		for i := t.typ().start; i != none; i = t.v.items[i].right {
			steps.Take(1)
			if it := &t.v.items[i]; !it.deleted && !yield(it) {
				return
			}
		}
	}
}

// Values returns the elements of the list: an array's values, a fragment's or element's children.
func (t Type) Values() []any {
	vs := []any{}
	for it := range t.visible() {
		vs = append(vs, t.v.values(it)...)
	}
	return vs
}

// Entries returns a map's values, or an element's attributes.
func (t Type) Entries() map[string]any {
	entries := make(map[string]any)
	for key, value := range t.EachEntry() {
		entries[key] = value
	}
	return entries
}

// EachEntry yields the keys and values of a map, or an element's attributes.
func (t Type) EachEntry() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for e := range t.v.entriesOf(t.i) {
			it := &t.v.items[t.v.entries[e].last]
			key := t.v.keys[t.v.entries[e].key]
			if value, ok := t.v.last(it); ok && !it.deleted && !yield(key, value) {
				return
			}
		}
	}
}

// EachEntryItem yields the keys of a map, or an element's attributes, and the last item of each,
// which may be deleted.
func (t Type) EachEntryItem() iter.Seq2[string, Item] {
	return func(yield func(string, Item) bool) {
		for e := range t.v.entriesOf(t.i) {
			if !yield(t.v.keys[t.v.entries[e].key], Item{t.v, t.v.entries[e].last}) {
				return
			}
		}
	}
}

// String returns a text's characters, without formats and embeds.
func (t Type) String() string {
	var b strings.Builder
	for it := range t.visible() {
		switch {
		case it.ref() != yjs.RefString:
		case it.halfFirst || it.halfLast:
			b.WriteString(t.v.text(it))
		default:
			steps.Take(1 + int(it.to-it.from)/64)
			b.Write(t.v.raw[it.from:it.to])
		}
	}
	return b.String()
}

// Op is a run of a text: characters, or one embedded value, with its attributes.
type Op struct {
	Insert     any // a string; an embed's value; or a Type
	Attributes map[string]any
}

// attributeSteps is the number of steps for which an attribute of a run counts: the runs of a small
// document can have very many, as each attribute holds for all runs up to its end.
const attributeSteps = 16

// Delta returns a text with its formats, in the runs of Yjs' toDelta. Beyond MaxSteps it panics
// (View.Spend).
func (t Type) Delta() []Op {
	d := delta{v: t.v, attributes: make(map[string]any)}
	for it := range t.visible() {
		switch it.ref() {
		case yjs.RefString:
			d.text.WriteString(t.v.text(it))
		case yjs.RefEmbed, yjs.RefType:
			d.flush()
			d.add(t.v.values(it)[0])
		case yjs.RefFormat:
			d.flush()
			d.format(t.v.raw[it.from:it.to])
		}
	}
	d.flush()
	return d.ops
}

type delta struct {
	v          *View
	ops        []Op
	text       strings.Builder
	attributes map[string]any // in force
}

func (d *delta) flush() {
	if d.text.Len() > 0 {
		d.add(d.text.String())
		d.text.Reset()
	}
}

func (d *delta) add(insert any) {
	op := Op{Insert: insert}
	if len(d.attributes) > 0 {
		steps.Take(len(d.attributes))
		d.v.Spend(attributeSteps * len(d.attributes))
		op.Attributes = make(map[string]any, len(d.attributes))
		for k, v := range d.attributes {
			op.Attributes[k] = v
		}
	}
	d.ops = append(d.ops, op)
}

// format puts an attribute in force; null ends it.
func (d *delta) format(content []byte) {
	r := lib0.TrustedReader(content)
	key := string(r.String())
	if value := parseJSON(r.String()); value != nil {
		d.attributes[key] = value
	} else {
		delete(d.attributes, key)
	}
}
