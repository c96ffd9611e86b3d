package trace

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Typist makes an update of each keystroke, in the root "text". The zero value has typed nothing.
type Typist struct {
	// ids of the characters before and after the place of the last keystroke, those after it in
	// reverse
	before, after []yjs.ID
	clocks        map[uint64]uint64
}

func (t *Typist) moveTo(at int) {
	for len(t.before) > at {
		t.after = append(t.after, t.before[len(t.before)-1])
		t.before = t.before[:len(t.before)-1]
	}
	for len(t.before) < at {
		t.before = append(t.before, t.after[len(t.after)-1])
		t.after = t.after[:len(t.after)-1]
	}
}

// Append appends the update of a keystroke of a client.
func (t *Typist) Append(dst []byte, k Keystroke, client uint64) []byte {
	t.moveTo(k.At)
	if k.Deletes {
		id := t.after[len(t.after)-1]
		t.after = t.after[:len(t.after)-1]
		r := yjs.DeleteRange{Client: id.Client, Clock: id.Clock, End: id.Clock + 1}
		return yjs.AppendDeletes(append(dst, 0), []yjs.DeleteRange{r})
	}
	if t.clocks == nil {
		t.clocks = make(map[uint64]uint64)
	}
	id := yjs.ID{Client: client, Clock: t.clocks[client]}
	t.clocks[client]++
	dst = yjs.AppendID(append(dst, 1, 1), id)
	info, at := byte(yjs.RefString), len(dst)
	dst = append(dst, 0)
	if n := len(t.before); n > 0 {
		info |= yjs.InfoOrigin
		dst = yjs.AppendID(dst, t.before[n-1])
	}
	if n := len(t.after); n > 0 {
		info |= yjs.InfoRightOrigin
		dst = yjs.AppendID(dst, t.after[n-1])
	}
	if dst[at] = info; info == yjs.RefString {
		dst = lib0.AppendString(append(dst, 1), "text")
	}
	dst = lib0.AppendString(dst, k.Text)
	t.before = append(t.before, id)
	return append(dst, 0)
}
