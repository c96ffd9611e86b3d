package prose

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown/texts"
)

// FuzzEdit brings a document of one text to another, and back.
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
		holds(t, holds(t, state, b), a)
		holdsDirect(t, holdsDirect(t, directText(t, a), b), a)
	})
}
