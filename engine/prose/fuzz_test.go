package prose

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown/texts"
)

// FuzzEdit edits a document from one text to another, and back.
func FuzzEdit(f *testing.F) {
	list := texts.Odd(16, 60)
	for i := range list[1:] {
		f.Add(list[i], list[i+1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 1000 || len(b) > 1000 {
			return
		}
		state := seeded(t, a).Bytes()
		checkEdit(t, checkEdit(t, state, b), a)
		checkDirectEdit(t, checkDirectEdit(t, directText(t, a), b), a)
	})
}
