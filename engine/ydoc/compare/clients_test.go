package compare_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// client is a Yjs client: it edits its document at random, as Yjs' types would.
type client struct {
	t      *testing.T
	id     uint64
	user   string
	doc    ydoc.Doc
	outbox []edit

	// Of the edit that is being made.
	structs int
	out     []byte
	next    uint64
	deletes []yjs.DeleteRange
}

// edit is an update, and what it brings.
type edit struct {
	update  yjs.CheckedUpdate
	first   yjs.ID
	end     uint64
	deletes []yjs.DeleteRange
}

func checked(t *testing.T, b []byte) yjs.CheckedUpdate {
	t.Helper()
	u, err := yjs.CheckUpdate(bytes.Clone(b))
	if err != nil {
		t.Fatalf("%q: %v", b, err)
	}
	return u
}

func viewOf(t *testing.T, d *ydoc.Doc) *view.View {
	t.Helper()
	v, err := view.New(yjs.Trust(d.AppendState(nil)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// holder is a block that is edited.
type holder struct {
	view.Type
	parent []byte // as structs have it
	kind   string
}

func root(v *view.View, name string) holder {
	return holder{v.Root(name), lib0.AppendString([]byte{1}, name), name}
}

// write writes a struct behind left and before right.
func (c *client) write(parent []byte, key string, left, right *yjs.ID, ref byte, units uint64, content string) yjs.ID {
	at := len(c.out)
	c.out = append(c.out, ref)
	if key != "" {
		c.out[at] |= yjs.InfoParentSub
	}
	if left != nil {
		c.out[at] |= yjs.InfoOrigin
		c.out = yjs.AppendID(c.out, *left)
	}
	if right != nil {
		c.out[at] |= yjs.InfoRightOrigin
		c.out = yjs.AppendID(c.out, *right)
	}
	if left == nil && right == nil {
		c.out = append(c.out, parent...)
		if key != "" {
			c.out = lib0.AppendString(c.out, key)
		}
	}
	c.out = append(c.out, content...)
	c.structs++
	id := yjs.ID{Client: c.id, Clock: c.next}
	c.next += units
	return id
}

// place returns the units around a visible index of a list, deleted ones too.
func (h holder) place(index uint64) (left, right *yjs.ID) {
	for it := range h.Items() {
		if n := it.Len(); !it.Deleted() && it.Ref() != yjs.RefFormat {
			if index < n {
				at := it.First()
				at.Clock += index
				right = &at
				if index > 0 {
					before := at
					before.Clock--
					left = &before
				}
				return left, right
			}
			index -= n
		}
		last := it.Last()
		left = &last
		if index == 0 {
			if next, ok := it.Next(); ok {
				first := next.First()
				right = &first
			}
			return left, right
		}
	}
	return left, nil
}

// length returns the number of visible units.
func (h holder) length() (n uint64) {
	for it := range h.Items() {
		if !it.Deleted() && it.Ref() != yjs.RefFormat {
			n += it.Len()
		}
	}
	return n
}

// remove deletes visible units.
func (c *client) remove(h holder, index, n uint64) {
	for it := range h.Items() {
		if it.Deleted() || it.Ref() == yjs.RefFormat {
			continue
		}
		if index >= it.Len() {
			index -= it.Len()
			continue
		}
		m := min(n, it.Len()-index)
		if it.Ref() == yjs.RefType {
			c.deletes = it.AppendDeletion(c.deletes)
		} else {
			first := it.First().Clock + index
			c.deletes = append(c.deletes, yjs.DeleteRange{Client: it.First().Client, Clock: first, End: first + m})
		}
		if n -= m; n == 0 {
			return
		}
		index = 0
	}
}

var words = []string{"a", "bc", "tree", "x", "😀y", "ö", "hello ", "\n"}

func str(s string) string { return string(lib0.AppendString(nil, s)) }

// edit makes an edit at random.
func (c *client) edit(r *rand.Rand) {
	v := viewOf(c.t, &c.doc)
	c.structs, c.out, c.next, c.deletes = 0, nil, c.doc.Clock(c.id), nil
	first := yjs.ID{Client: c.id, Clock: c.next}
	switch r.IntN(10) {
	case 0, 1, 2, 3:
		c.text(r, root(v, "text"))
	case 4, 5, 6:
		c.xml(r, root(v, "xml"), 0)
	case 7:
		c.array(r, root(v, "array"))
	default:
		c.mapKey(r, root(v, "map"))
	}
	if c.structs == 0 && len(c.deletes) == 0 {
		return
	}
	var b []byte
	if c.structs > 0 {
		b = yjs.AppendID(lib0.AppendUvarint([]byte{1}, uint64(c.structs)), first)
		b = append(b, c.out...)
	} else {
		b = []byte{0}
	}
	e := edit{checked(c.t, yjs.AppendDeletes(b, sorted(c.deletes))), first, c.next, c.deletes}
	if out := c.doc.Apply(e.update); out.Missing {
		c.t.Fatalf("the client's own edit lacks %v", out.MissingID)
	}
	c.outbox = append(c.outbox, e)
}

func (c *client) text(r *rand.Rand, h holder) {
	n := h.length()
	index := r.Uint64N(n + 1)
	switch {
	case r.IntN(4) == 0 && n > 0:
		c.remove(h, min(index, n-1), 1+r.Uint64N(4))
	case r.IntN(4) == 0 && n > 1: // a format: a mark before, and one that ends it
		from := r.Uint64N(n - 1)
		to := from + 1 + r.Uint64N(n-from)
		key, value := []string{"bold", "link"}[r.IntN(2)], []string{"true", `"u"`, "null"}[r.IntN(3)]
		left, right := h.place(from)
		c.write(h.parent, "", left, right, yjs.RefFormat, 1, str(key)+str(value))
		left, right = h.place(to)
		c.write(h.parent, "", left, right, yjs.RefFormat, 1, str(key)+str("null"))
	default:
		word := words[r.IntN(len(words))]
		left, right := h.place(index)
		c.write(h.parent, "", left, right, yjs.RefString, lib0.UTF16Len([]byte(word)), str(word))
	}
}

func (c *client) array(r *rand.Rand, h holder) {
	n := h.length()
	index := r.Uint64N(n + 1)
	if r.IntN(3) == 0 && n > 0 {
		c.remove(h, min(index, n-1), 1+r.Uint64N(2))
		return
	}
	values := 1 + r.IntN(3)
	content := lib0.AppendUvarint(nil, uint64(values))
	for range values {
		content = lib0.AppendAny(content, float64(r.IntN(5)))
	}
	left, right := h.place(index)
	c.write(h.parent, "", left, right, yjs.RefAny, uint64(values), string(content))
}

func (c *client) mapKey(r *rand.Rand, h holder) {
	key := fmt.Sprint("k", r.IntN(3))
	last, ok := h.Entry(key)
	var left *yjs.ID
	if ok {
		id := last.Last()
		left = &id
		c.deletes = last.AppendDeletion(c.deletes)
		if r.IntN(4) == 0 {
			return
		}
	}
	if r.IntN(3) == 0 { // a text as the value
		id := c.write(h.parent, key, left, nil, yjs.RefType, 1, string([]byte{yjs.TypeText}))
		c.write(yjs.AppendID([]byte{0}, id), "", nil, nil, yjs.RefString, 2, str("in"))
		return
	}
	content := lib0.AppendAny([]byte{1}, words[r.IntN(len(words))])
	c.write(h.parent, key, left, nil, yjs.RefAny, 1, string(content))
}

// xml inserts or deletes elements, sets attributes, and edits what is in them.
func (c *client) xml(r *rand.Rand, h holder, depth int) {
	var inner []view.Item
	for it := range h.Items() {
		if !it.Deleted() && it.Ref() == yjs.RefType {
			inner = append(inner, it)
		}
	}
	if len(inner) > 0 && r.IntN(4) > 0 {
		it := inner[r.IntN(len(inner))]
		in := holder{it.Type(), yjs.AppendID([]byte{0}, it.First()), ""}
		switch {
		case it.Type().Kind() == yjs.TypeXMLText:
			c.text(r, in)
		case r.IntN(4) == 0:
			c.mapKey(r, in)
		default:
			c.xml(r, in, depth+1)
		}
		return
	}
	n := h.length()
	index := r.Uint64N(n + 1)
	if n > 0 && r.IntN(4) == 0 {
		c.remove(h, min(index, n-1), 1+r.Uint64N(2))
		return
	}
	left, right := h.place(index)
	if depth > 0 && r.IntN(2) == 0 || depth > 2 {
		c.write(h.parent, "", left, right, yjs.RefType, 1, string([]byte{yjs.TypeXMLText}))
		return
	}
	id := c.write(h.parent, "", left, right, yjs.RefType, 1, string([]byte{yjs.TypeXMLElement})+str("p"))
	text := c.write(yjs.AppendID([]byte{0}, id), "", nil, nil, yjs.RefType, 1, string([]byte{yjs.TypeXMLText}))
	c.write(yjs.AppendID([]byte{0}, text), "", nil, nil, yjs.RefString, 2, str("Hi"))
}
