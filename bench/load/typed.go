package load

import "github.com/civicpress/civic-realtime/codec/lib0"

// Parts of a Yjs update (v1) with one struct of one character.
const (
	stringRef   = 4    // the content is a string
	hasOrigin   = 0x80 // the struct names its left neighbour
	parentNamed = 1    // the parent is a type of the document
)

// Typed returns the updates of a person who types n characters, one after the other.
func Typed(n int) Stream {
	all := make([][]byte, n)
	for k := range all {
		b := lib0.AppendUvarint([]byte{1, 1}, firstClient) // one client, one struct
		b = lib0.AppendUvarint(b, uint64(k))
		if k == 0 {
			b = lib0.AppendString(append(b, stringRef, parentNamed), Root)
		} else {
			b = lib0.AppendUvarint(append(b, stringRef|hasOrigin), firstClient)
			b = lib0.AppendUvarint(b, uint64(k-1))
		}
		const text = "the council met on tuesday "
		all[k] = append(lib0.AppendString(b, string(text[k%len(text)])), 0) // nothing is deleted
	}
	s, err := NewStream(all)
	if err != nil {
		panic(err) // Typed is wrong
	}
	return s
}
