package outbound

import "slices"

// Batch has messages to be written in one call: a frame and a label of each.
type Batch struct {
	Frames [][]byte
	Labels []Label

	long []*Message // that Deflate compresses, in the order of their frames
}

// clear empties the batch, and keeps its memory.
func (b *Batch) clear() {
	clear(b.Frames)
	clear(b.long)
	b.Frames, b.Labels, b.long = b.Frames[:0], b.Labels[:0], b.long[:0]
}

// Deflate compresses the long messages of a connection with Queue.Compression, or takes the form
// that was made for another. It calls beforeWait, which may be nil, before it compresses much.
func (b *Batch) Deflate(beforeWait func()) {
	if beforeWait != nil && slices.ContainsFunc(b.long, (*Message).isMuch) {
		beforeWait()
	}
	next := 0
	for i := range b.Frames {
		if next < len(b.long) && &b.Frames[i][0] == &b.long[next].Wire[0] {
			b.Frames[i] = b.long[next].Deflated()
			next++
		}
	}
}
