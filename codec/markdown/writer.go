package markdown

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Writer writes nodes in the form that they have in documents of a schema, as structs of one client
// from a clock on. Equal calls write equal bytes.
type Writer struct {
	// DirectText puts text in its element itself, like bindings of Yjs 14. The default is to put it
	// in an XmlText there, like y-prosemirror.
	DirectText bool

	schema  Schema
	first   yjs.ID
	next    yjs.ID
	structs uint64
	out     []byte
}

// NewWriter returns a Writer for a client that has written nothing yet.
func (s Schema) NewWriter(client uint64) *Writer {
	return s.NewWriterAt(yjs.ID{Client: client})
}

// NewWriterAt returns a Writer for a client that has written all clocks before first.
func (s Schema) NewWriterAt(first yjs.ID) *Writer {
	return &Writer{schema: s, first: first, next: first}
}

// Len returns the number of units written so far.
func (w *Writer) Len() uint64 { return w.next.Clock - w.first.Clock }

// Structs returns the structs written so far. It borrows the Writer's memory.
func (w *Writer) Structs() []byte { return w.out }

// AppendSections appends the sections of an update with the structs of this writer and of others,
// each of another client.
func (w *Writer) AppendSections(dst []byte, others ...*Writer) []byte {
	isEmpty := func(w *Writer) bool { return w.structs == 0 }
	falling := func(a, b *Writer) int { return cmp.Compare(b.first.Client, a.first.Client) }
	all := slices.DeleteFunc(append([]*Writer{w}, others...), isEmpty)
	slices.SortFunc(all, falling)
	dst = lib0.AppendUvarint(dst, uint64(len(all)))
	for _, w := range all {
		dst = append(yjs.AppendID(lib0.AppendUvarint(dst, w.structs), w.first), w.out...)
	}
	return dst
}

// Place is the place of the next struct of a list: behind a unit, before one, or in its parent if
// there is neither. Writing moves it behind the new struct.
type Place struct {
	Parent            []byte // as structs have it: InRoot, InType
	Left, Right       yjs.ID
	HasLeft, HasRight bool
}

// InRoot returns the parent of structs in the fragment.
func (s Schema) InRoot() []byte {
	return lib0.AppendString(lib0.AppendUvarint(nil, 1), s.Root())
}

// InType returns the parent of structs in a type, by the unit that holds the type.
func InType(holder yjs.ID) []byte { return yjs.AppendID([]byte{0}, holder) }

// begin writes the head of a struct of n clocks.
func (w *Writer) begin(p *Place, ref byte, n uint64) {
	w.structs++
	info := len(w.out)
	w.out = append(w.out, ref)
	if p.HasLeft {
		w.out[info] |= yjs.InfoOrigin
		w.out = yjs.AppendID(w.out, p.Left)
	}
	if p.HasRight {
		w.out[info] |= yjs.InfoRightOrigin
		w.out = yjs.AppendID(w.out, p.Right)
	}
	if !p.HasLeft && !p.HasRight {
		w.out = append(w.out, p.Parent...)
	}
	p.Left, p.HasLeft = yjs.ID{Client: w.next.Client, Clock: w.next.Clock + n - 1}, true
	w.next.Clock += n
}

// Nodes writes a list of nodes. Adjacent texts are one XmlText, unless DirectText is set.
func (w *Writer) Nodes(p *Place, nodes []Node) {
	if w.DirectText {
		w.texts(p, nodes)
		return
	}
	for i := 0; i < len(nodes); {
		if nodes[i].Name != Text {
			w.element(p, &nodes[i])
			i++
			continue
		}
		end := i + 1
		for end < len(nodes) && nodes[end].Name == Text {
			end++
		}
		w.begin(p, yjs.RefType, 1)
		w.out = lib0.AppendUvarint(w.out, yjs.TypeXMLText)
		w.texts(&Place{Parent: InType(p.Left)}, nodes[i:end])
		i = end
	}
}

func (w *Writer) element(p *Place, n *Node) {
	w.begin(p, yjs.RefType, 1)
	w.out = lib0.AppendUvarint(w.out, yjs.TypeXMLElement)
	w.out = lib0.AppendString(w.out, w.schema.Name(n.Name))
	parent := InType(p.Left)
	for _, key := range sortedKeys(n.Attrs) {
		w.Attribute(Place{Parent: parent}, w.schema.Attr(n.Name, key), n.Attrs[key])
	}
	w.Nodes(&Place{Parent: parent}, n.Content)
}

// Attribute writes the value of a key. p is behind the value that it had, if any.
func (w *Writer) Attribute(p Place, key string, value any) {
	inherits := p.HasLeft || p.HasRight
	w.begin(&p, yjs.RefAny|yjs.InfoParentSub, 1)
	if !inherits {
		w.out = lib0.AppendString(w.out, key)
	}
	w.out = lib0.AppendAny(lib0.AppendUvarint(w.out, 1), value)
}

// texts writes inline nodes. The formats of a mark are before the first node that has it, and
// behind the last.
func (w *Writer) texts(p *Place, nodes []Node) {
	var active []Mark
	for i := range nodes {
		w.change(p, active, nodes[i].Marks)
		active = nodes[i].Marks
		if nodes[i].Name == Text {
			w.String(p, nodes[i].Text)
		} else {
			w.element(p, &nodes[i])
		}
	}
	w.change(p, active, nil)
}

// String writes characters of a text.
func (w *Writer) String(p *Place, text string) {
	w.begin(p, yjs.RefString, lib0.UTF16Len([]byte(text)))
	w.out = lib0.AppendString(w.out, text)
}

func (w *Writer) change(p *Place, from, to []Mark) {
	for _, m := range from {
		if !hasMark(to, m.Name) {
			w.Format(p, w.schema.Name(m.Name), "null")
		}
	}
	for _, m := range to {
		if !contains(from, m) {
			w.Format(p, w.schema.Name(m.Name), m.JSON())
		}
	}
}

// Format writes the start of a formatting attribute of a text, or its end if json is "null".
func (w *Writer) Format(p *Place, key, json string) {
	w.begin(p, yjs.RefFormat, 1)
	w.out = lib0.AppendString(w.out, key)
	w.out = lib0.AppendString(w.out, json)
}
