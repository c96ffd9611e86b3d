package markdown_test

import (
	"math/rand/v2"
	"strings"
	"testing"
)

var blockPieces = []string{
	"> ", "- ", "* ", "+ ", "1. ", "2) ", "10. ", "  ", "    ", "\t", "# ", "## ", "```\n", "~~~ js\n", "---\n", "***\n", "===\n", "\n", "\n", "\n\n",
	"| a | b |\n", "|---|:-:|\n", "a|b\n-:|---\n", "| c\\|d | `e\\|f` |\n", "<div>\n", "<!-- c -->\n", "[foo]: /url \"t\"\n", "text", "word ", "foo\n", "bar\n",
}

var linePieces = []string{
	"*", "**", "_", "__", "`", "``", "[", "]", "(", ")", "[a](/u)", "](</u v> 'w')", "![", "[foo]", "<b>", "<br>", "<http://a.b/ü>", "<a@b.c>", "&amp;", "&#42;", "&nbsp;", "\\",
	"\\\n", "  \n", "\n", "a", "b ", " ", "\"", "x", "|", "é", "😀", "<!--civic-ref type=\"record\" id=\"r1\" label=\"The &quot;Budget&quot;\"-->", "javascript:x", "!", "~", "#", "1.",
}

// pieces puts together n of some pieces.
func pieces(r *rand.Rand, n int, of ...[]string) string {
	var b strings.Builder
	for range n {
		list := of[r.IntN(len(of))]
		b.WriteString(list[r.IntN(len(list))])
	}
	return b.String()
}

func generated(seed uint64, n int) []string {
	r := rand.New(rand.NewPCG(seed, 0))
	texts := make([]string, n)
	for i := range texts {
		switch i % 3 {
		case 0:
			texts[i] = pieces(r, 2+r.IntN(14), blockPieces)
		case 1:
			texts[i] = pieces(r, 2+r.IntN(14), linePieces)
		default:
			texts[i] = pieces(r, 2+r.IntN(24), blockPieces, linePieces, linePieces)
		}
	}
	return texts
}

// corpus is CommonMark's examples, two deep texts, and texts put together from pieces.
func corpus(t testing.TB, ref *reference, seed uint64, n int) []string {
	t.Helper()
	examples, _ := ref.ask(t, request{Op: "examples"})
	if len(examples.Texts) < 600 {
		t.Fatalf("%d examples are too few", len(examples.Texts))
	}
	deep := []string{strings.Repeat("> ", 40) + "a", strings.Repeat("1. ", 40) + "a"}
	return append(append(examples.Texts, deep...), generated(seed, n)...)
}
