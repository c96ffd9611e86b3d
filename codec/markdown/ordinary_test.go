package markdown_test

import (
	"math/rand/v2"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
)

// TestFormatOrdinary shows that ordinary texts do not change at all.
func TestFormatOrdinary(t *testing.T) {
	ref := startReference(t)
	r := rand.New(rand.NewPCG(6, 0))
	records := make([]string, 500)
	for i := range records {
		records[i] = texts.Record(r)
	}
	read, _ := ref.ask(t, request{Op: "read", Texts: records})
	written, _ := ref.ask(t, request{Op: "write", Trees: read.Trees})
	for i, text := range records {
		doc := parse(t, text)
		if got, want := outline(doc), outline(read.Trees[i].node()); got != want {
			t.Errorf("%s\nis read as\n%s\nwant\n%s", text, got, want)
		}
		if got := markdown.Format(doc); got != written.Texts[i] {
			t.Errorf("written\n%s\nwant\n%s", got, written.Texts[i])
		}
		if t.Failed() {
			return
		}
	}
}
