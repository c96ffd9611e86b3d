package markdown_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
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

func TestProto(t *testing.T) {
	ref := startReference(t)
	spec, _ := ref.ask(t, request{Op: "examples"})
	texts := append(spec.Texts, generated(1, 6000)...)
	want, _ := ref.ask(t, request{Op: "read", Texts: texts, Remedies: []string{"deeper than 20", "reference first in a paragraph", "break in a cell", "whole alternative text"}})
	bad, shown := 0, 0
	for i, text := range texts {
		got, err := markdown.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		w := want.Trees[i].node()
		if outline(got) == outline(w) {
			continue
		}
		bad++
		if i < len(spec.Texts) || shown < 25 && len(text) < 50 {
			shown++
			t.Logf("%q\n%s\nwant\n%s", text, short(got), short(w))
		}
	}
	t.Errorf("%d of %d differ", bad, len(texts))
}

func short(n markdown.Node) string {
	s := n.Name
	if n.Name == "text" {
		s = "\"" + n.Text + "\""
	}
	for k, v := range n.Attrs {
		if x, ok := v.(string); ok {
			s += " " + k + "=" + x
		}
	}
	for _, m := range n.Marks {
		s += "^" + m.Name
	}
	if len(n.Content) > 0 {
		s += "("
		for _, c := range n.Content {
			s += short(c) + ","
		}
		s += ")"
	}
	return s
}
