package markdown

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/civicpress/civic-realtime/codec"
)

// seedWriter writes the structs of one client, from clock 0.
type seedWriter struct {
	schema  Schema
	client  uint64
	clock   uint64
	structs uint64
	out     []byte
}

// hash writes doc as client 0 and makes an id of that.
func (w seedWriter) hash(doc Node) uint64 {
	w.write(doc)
	sum := sha256.Sum256(w.out)
	return firstSeedClient + binary.BigEndian.Uint64(sum[:])%(codec.MaxSafeInteger+1-firstSeedClient)
}

func (w *seedWriter) write(doc Node) {
	root := codec.AppendString(codec.AppendUvarint(nil, 1), w.schema.Root())
	w.children(root, doc.Content)
}

// place is where the next struct of a list stands: in its parent if it is the first, else behind the one before.
type place struct {
	parent []byte // as it is written
	last   uint64 // clock of the last unit before
	any    bool
}

// begin writes a struct's head; it will take n clocks.
func (w *seedWriter) begin(p *place, ref byte, n uint64) {
	w.structs++
	if p.any {
		w.out = append(w.out, ref|codec.InfoOrigin)
		w.out = codec.AppendID(w.out, codec.ID{Client: w.client, Clock: p.last})
	} else {
		w.out = append(w.out, ref)
		w.out = append(w.out, p.parent...)
	}
	w.clock += n
	p.last, p.any = w.clock-1, true
}

// inside is the parent that the struct just begun is.
func (w *seedWriter) inside(p *place) []byte {
	return codec.AppendID([]byte{0}, codec.ID{Client: w.client, Clock: p.last})
}

// children writes a list of nodes. Neighbouring texts are one XmlText.
func (w *seedWriter) children(parent []byte, nodes []Node) {
	p := place{parent: parent}
	for i := 0; i < len(nodes); {
		if nodes[i].Name != Text {
			w.element(&p, &nodes[i])
			i++
			continue
		}
		end := i + 1
		for end < len(nodes) && nodes[end].Name == Text {
			end++
		}
		w.texts(&p, nodes[i:end])
		i = end
	}
}

func (w *seedWriter) element(p *place, n *Node) {
	w.begin(p, codec.RefType, 1)
	w.out = codec.AppendUvarint(w.out, codec.TypeXMLElement)
	w.out = codec.AppendString(w.out, w.schema.Name(n.Name))
	parent := w.inside(p)
	for _, key := range sortedKeys(n.Attrs) {
		w.attribute(parent, w.schema.Attr(n.Name, key), n.Attrs[key])
	}
	w.children(parent, n.Content)
}

func (w *seedWriter) attribute(parent []byte, key string, value any) {
	w.structs++
	w.clock++
	w.out = append(w.out, codec.RefAny|codec.InfoParentSub)
	w.out = append(w.out, parent...)
	w.out = codec.AppendString(w.out, key)
	w.out = appendAny(codec.AppendUvarint(w.out, 1), value)
}

// texts writes an XmlText: what each text is marked as starts before it and ends where another is not.
func (w *seedWriter) texts(p *place, nodes []Node) {
	w.begin(p, codec.RefType, 1)
	w.out = codec.AppendUvarint(w.out, codec.TypeXMLText)
	inner := place{parent: w.inside(p)}
	var active []Mark
	for i := range nodes {
		w.change(&inner, active, nodes[i].Marks)
		active = nodes[i].Marks
		w.begin(&inner, codec.RefString, codec.UTF16Len([]byte(nodes[i].Text)))
		w.out = codec.AppendString(w.out, nodes[i].Text)
	}
	w.change(&inner, active, nil)
}

func (w *seedWriter) change(p *place, from, to []Mark) {
	for _, m := range from {
		if !hasMark(to, m.Name) {
			w.format(p, m.Name, "null")
		}
	}
	for _, m := range to {
		if !contains(from, m) {
			w.format(p, m.Name, markJSON(m))
		}
	}
}

func (w *seedWriter) format(p *place, name, json string) {
	w.begin(p, codec.RefFormat, 1)
	w.out = codec.AppendString(w.out, w.schema.Name(name))
	w.out = codec.AppendString(w.out, json)
}
