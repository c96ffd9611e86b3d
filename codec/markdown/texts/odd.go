package texts

import (
	"math/rand/v2"
	"strings"
)

// Blocks are pieces of Markdown that begin or end blocks.
var Blocks = []string{
	"> ", "- ", "* ", "+ ", "1. ", "2) ", "10. ", "  ", "    ", "\t", "# ", "## ", "```\n", "~~~ js\n", "---\n", "***\n", "===\n", "\n", "\n", "\n\n",
	"| a | b |\n", "|---|:-:|\n", "a|b\n-:|---\n", "| c\\|d | `e\\|f` |\n", "<div>\n", "<!-- c -->\n", "[foo]: /url \"t\"\n", "text", "word ", "foo\n", "bar\n",
}

// Lines are pieces of lines.
var Lines = []string{
	"*", "**", "_", "__", "`", "``", "[", "]", "(", ")", "[a](/u)", "](</u v> 'w')", "![", "[foo]", "<b>", "<br>", "<http://a.b/ü>", "<a@b.c>", "&amp;", "&#42;", "&nbsp;", "\\",
	"\\\n", "  \n", "\n", "a", "b ", " ", "\"", "x", "|", "é", "😀", "<!--civic-ref type=\"record\" id=\"r1\" label=\"The &quot;Budget&quot;\"-->", "javascript:x", "!", "~", "#", "1.",
}

// Pieces joins n random pieces of some lists.
func Pieces(r *rand.Rand, n int, of ...[]string) string {
	var b strings.Builder
	for range n {
		list := of[r.IntN(len(of))]
		b.WriteString(list[r.IntN(len(list))])
	}
	return b.String()
}

// Odd returns n texts of random pieces, most of which no person would write.
func Odd(seed uint64, n int) []string {
	r := rand.New(rand.NewPCG(seed, 0))
	texts := make([]string, n)
	for i := range texts {
		switch i % 3 {
		case 0:
			texts[i] = Pieces(r, 2+r.IntN(14), Blocks)
		case 1:
			texts[i] = Pieces(r, 2+r.IntN(14), Lines)
		default:
			texts[i] = Pieces(r, 2+r.IntN(24), Blocks, Lines, Lines)
		}
	}
	return texts
}
