package contents

import (
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// EditText returns the update that gives a root that is a text another text, which must be valid
// UTF-8; nil if it has that text. New text has the formats of the character before it. The error is
// that of view.New, to which the options are passed, or a ShapeError.
func EditText(
	state yjs.CheckedUpdate, root, to string, options ...view.Option,
) (update []byte, err error) {
	defer view.Recover(&err)
	v, err := view.New(state, options...)
	if err != nil {
		return nil, err
	}
	t := v.Root(root)
	if !isText(t) || isOwn(root) {
		return nil, wrongShape(v, "text", root)
	}
	hunks := diff(t.String(), to)
	if len(hunks) == 0 {
		return nil, nil
	}
	first := newTextWriter(t, root, 0)
	first.write(hunks)
	w := newTextWriter(t, root, prose.FreeClient(v, first.structs))
	w.write(hunks)
	return w.update(), nil
}

// textWriter writes the structs and deletions of an edit of a text.
type textWriter struct {
	root    string
	items   []view.Item // of the text, deleted ones too
	next    yjs.ID      // of the next struct
	count   uint64
	structs []byte
	deletes []yjs.DeleteRange

	// The place that was reached.
	item int     // index in items
	text string  // of the item, that comes after the place
	unit uint64  // of the item, before which the place is
	at   int     // bytes of the whole text before the place
	left *yjs.ID // the shown character before the place; nil for none
}

func newTextWriter(t view.Type, root string, client uint64) *textWriter {
	w := &textWriter{root: root, next: yjs.ID{Client: client}, item: -1}
	for it := range t.Items() {
		w.items = append(w.items, it)
	}
	return w
}

// write writes all hunks.
func (w *textWriter) write(hunks []hunk) {
	for _, h := range hunks {
		w.advance(h.from, false)
		if h.text != "" {
			w.insert(h.text)
		}
		w.advance(h.to, true)
	}
}

// advance moves the place to a byte of the text, and deletes the characters on the way.
func (w *textWriter) advance(to int, deleting bool) {
	for w.at < to {
		for w.text == "" {
			w.nextItem()
		}
		first, units, id := w.unit, uint64(0), w.items[w.item].First()
		for w.at < to && w.text != "" {
			r, n := utf8.DecodeRuneInString(w.text)
			units++
			if r >= 0x10000 {
				units++
			}
			w.text, w.at = w.text[n:], w.at+n
		}
		w.unit += units
		if deleting {
			w.deletes = append(w.deletes, yjs.DeleteRange{
				Client: id.Client, Clock: id.Clock + first, End: id.Clock + w.unit,
			})
		}
		w.left = &yjs.ID{Client: id.Client, Clock: id.Clock + w.unit - 1}
	}
}

// nextItem moves the place to the start of the next item.
func (w *textWriter) nextItem() {
	w.item, w.unit = w.item+1, 0
	if it := w.items[w.item]; !it.Deleted() && it.Ref() == yjs.RefString {
		w.text = it.Text()
	}
}

// right returns the unit after the character before the place, shown or not.
func (w *textWriter) right() (id yjs.ID, ok bool) {
	if w.left != nil && w.unit < w.items[w.item].Len() {
		id = w.items[w.item].First()
		id.Clock += w.unit
		return id, true
	}
	next := 0
	if w.left != nil {
		next = w.item + 1
	}
	if next >= len(w.items) {
		return id, false
	}
	return w.items[next].First(), true
}

// insert writes text at the place.
func (w *textWriter) insert(text string) {
	at := len(w.structs)
	w.structs = append(w.structs, yjs.RefString)
	if w.left != nil {
		w.structs[at] |= yjs.InfoOrigin
		w.structs = yjs.AppendID(w.structs, *w.left)
	}
	right, ok := w.right()
	if ok {
		w.structs[at] |= yjs.InfoRightOrigin
		w.structs = yjs.AppendID(w.structs, right)
	}
	if w.left == nil && !ok {
		w.structs = lib0.AppendString(lib0.AppendUvarint(w.structs, 1), w.root)
	}
	w.structs = lib0.AppendString(w.structs, text)
	w.count++
	w.next.Clock += units(text)
}

// units returns the length of a text in UTF-16.
func units(text string) (n uint64) {
	for _, r := range text {
		if n++; r >= 0x10000 {
			n++
		}
	}
	return n
}

// update returns the update with all structs and deletions.
func (w *textWriter) update() []byte {
	var u []byte
	if w.count == 0 {
		u = lib0.AppendUvarint(u, 0)
	} else {
		u = lib0.AppendUvarint(lib0.AppendUvarint(u, 1), w.count)
		u = append(yjs.AppendID(u, yjs.ID{Client: w.next.Client}), w.structs...)
	}
	return yjs.AppendDeletes(u, yjs.JoinDeletes(w.deletes))
}
