package markdown_test

import (
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown/texts"
)

// corpus returns CommonMark's examples, two deeply nested texts, and texts of random pieces.
func corpus(t testing.TB, ref *reference, seed uint64, n int) []string {
	t.Helper()
	examples, _ := ref.ask(t, request{Op: "examples"})
	if len(examples.Texts) < 600 {
		t.Fatalf("%d examples are too few", len(examples.Texts))
	}
	deep := []string{strings.Repeat("> ", 40) + "a", strings.Repeat("1. ", 40) + "a"}
	return append(append(examples.Texts, deep...), texts.Odd(seed, n)...)
}
