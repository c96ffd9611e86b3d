package markdown_test

import (
	"sync"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
)

// TestParseConcurrently parses concurrently, for the race detector.
func TestParseConcurrently(t *testing.T) {
	list := texts.Odd(7, 60)
	var want []string
	for _, text := range list {
		want = append(want, markdown.Format(parse(t, text)))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, text := range list {
				doc, err := markdown.Parse(text)
				if got := markdown.Format(doc); err != nil || got != want[i] {
					t.Errorf("%q, %v, want %q", got, err, want[i])
				}
			}
		})
	}
	wg.Wait()
}
