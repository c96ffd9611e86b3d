package markdown

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Writer writes nodes in the form in which documents of a schema hold them, as
// the structs of one client from a clock on. Equal calls write equal bytes.
type Writer struct {
	// DirectText has text stand in its element itself, as bindings of Yjs 14 write
	// it, and not in an XmlText there, which is y-prosemirror's form and the default.
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

// NewWriterAt returns a Writer for a client that has written all before first.
func (s Schema) NewWriterAt(first yjs.ID) *Writer {
	return &Writer{schema: s, first: first, next: first}
}

// Len is how many units were written so far.
func (w *Writer) Len() uint64 { return w.next.Clock - w.first.Clock }

// Structs are the structs written so far, one behind the other.
func (w *Writer) Structs() []byte { return w.out }

// AppendSections appends the part of an update that holds what was written, by
// this writer and by others, each of another client.
func (w *Writer) AppendSections(dst []byte, others ...*Writer) []byte {
	all := slices.DeleteFunc(append([]*Writer{w}, others...), func(w *Writer) bool { return w.structs == 0 })
	slices.SortFunc(all, func(a, b *Writer) int { return cmp.Compare(b.first.Client, a.first.Client) })
	dst = lib0.AppendUvarint(dst, uint64(len(all)))
	for _, w := range all {
		dst = append(yjs.AppendID(lib0.AppendUvarint(dst, w.structs), w.first), w.out...)
	}
	return dst
}

// Place is where the next struct of a list stands: behind a unit, before one,
// or in its parent if there is neither. What is written moves it along.
type Place struct {
	Parent            []byte // as structs name it: InRoot, InType
	Left, Right       yjs.ID
	HasLeft, HasRight bool
}

// InRoot is the parent of what stands in the fragment.
func (s Schema) InRoot() []byte {
	return lib0.AppendString(lib0.AppendUvarint(nil, 1), s.Root())
}

// InType is the parent of what stands in a type, by the unit that holds the type.
func InType(holder yjs.ID) []byte { return yjs.AppendID([]byte{0}, holder) }

// begin writes a struct's head; it will take n clocks.
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

// Nodes writes a list of nodes. Neighbouring texts are one XmlText, unless text is direct.
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

// Attribute writes the value of a key, behind the one it had if it had any.
func (w *Writer) Attribute(p Place, key string, value any) {
	inherits := p.HasLeft || p.HasRight
	w.begin(&p, yjs.RefAny|yjs.InfoParentSub, 1)
	if !inherits {
		w.out = lib0.AppendString(w.out, key)
	}
	w.out = appendAny(lib0.AppendUvarint(w.out, 1), value)
}

// texts writes texts, and what stands between them: what each is marked as starts
// before it and ends where another is not.
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

// Format writes the start of a formatting attribute of a text, or its end if json is null.
func (w *Writer) Format(p *Place, key, json string) {
	w.begin(p, yjs.RefFormat, 1)
	w.out = lib0.AppendString(w.out, key)
	w.out = lib0.AppendString(w.out, json)
}
