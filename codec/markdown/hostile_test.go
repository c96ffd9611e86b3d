package markdown_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

func hostile(n int) map[string]string {
	r := strings.Repeat
	return map[string]string{
		"open brackets":         r("[", n),
		"open images":           r("![", n),
		"brackets":              r("[", n/2) + r("]", n/2),
		"links in links":        r("[a](", n/4),
		"links":                 r("[a](b) ", n/7),
		"nested images":         r("![", n/8) + r("](u)", n/8),
		"emphasis":              r("*a ", n/3),
		"emphasis both ways":    r("*a_", n/3),
		"emphasis closed":       r("**a* ", n/5),
		"nested emphasis":       r("*a **a ", n/14) + r("b** b*", n/14),
		"backticks":             backticks(n),
		"open tags":             r("<a ", n/3),
		"tags":                  r("<", n),
		"comments":              r("<!--", n/4),
		"instructions":          r("<?", n/2),
		"declarations":          r("a<!b", n/4),
		"lines of them":         r("a<!b\n", n/5),
		"entities":              r("&", n),
		"entities, almost":      r("&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", n/33),
		"backslashes":           r("\\", n),
		"quotes":                r(">", n),
		"quotes on many lines":  r(r(">", 90)+"a\n", n/92),
		"lists":                 r("1. ", n/3),
		"a rule":                r("- ", n/2),
		"lists on many lines":   deepening(n),
		"bars":                  r("|", n),
		"table of many columns": "|" + r("a|", n/6) + "\n|" + r("-|", n/6) + "\n" + r("|\n", n/6),
		"tables, almost":        r("a|b\n", n/4),
		"definitions":           r("[a]: b\n", n/7),
		"definitions, almost":   r("[a]: b 'c\n", n/10),
		"one label":             "[" + r("a", n-2) + "]",
		"blank lines":           r("\n", n),
		"blanks":                r(" ", n) + "a",
		"fences":                r("```\n", n/4),
		"rules":                 r("- - -\n", n/6),
		"breaks":                r("\\\n", n/2),
		"words":                 r("word ", n/5),
		"lines":                 r("word\n", n/5),
		"NULs":                  r("\x00", n),
		"no UTF-8":              r("\xff", n),
		"headings":              r("# a\n", n/4),
		"setext":                r("a\n=\n", n/4),
		"html blocks":           r("<div>\n\n", n/7),
		"references":            r(`<!--civic-ref type="record" id="" label=""-->`, n/45),
		"a percent host":        "<http://" + r("%", n-10) + ">",
		"a long host":           "<http://" + r("ü", n/2-10) + ">",
	}
}

// backticks returns runs of different lengths.
func backticks(n int) string {
	var b strings.Builder
	for i := 1; b.Len() < n; i++ {
		b.WriteString(strings.Repeat("`", i) + " ")
	}
	return b.String()
}

// deepening returns a list that is nested deeper with every line.
func deepening(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(strings.Repeat("  ", i) + "- a\n")
	}
	return b.String()
}

// TestParseHostile parses texts so long that a parser with quadratic cost would not end.
func TestParseHostile(t *testing.T) {
	for name, text := range hostile(64 << 10) {
		t.Run(name, func(t *testing.T) {
			once := markdown.Format(parse(t, text))
			if twice := markdown.Format(parse(t, once)); twice != once {
				t.Errorf("%.1000q became %.1000q", once, twice)
			}
		})
	}
}

func TestParseTooLarge(t *testing.T) {
	text := strings.Repeat("a", markdown.MaxSize)
	if _, err := markdown.Parse(text); err != nil {
		t.Error(err)
	}
	if _, err := markdown.Parse(text + "a"); !errors.Is(err, markdown.ErrTooLarge) {
		t.Errorf("error %v, want %v", err, markdown.ErrTooLarge)
	}
	if _, err := (markdown.Schema{}).SeedClient(text + "a"); !errors.Is(err, markdown.ErrTooLarge) {
		t.Errorf("error %v, want %v", err, markdown.ErrTooLarge)
	}
}

// depth returns the number of nested nodes.
func depth(n markdown.Node) int {
	deepest := 0
	for _, c := range n.Content {
		deepest = max(deepest, depth(c))
	}
	return deepest + 1
}

// TestParseDepth shows that trees are no deeper than documents may be.
func TestParseDepth(t *testing.T) {
	for _, name := range []string{"quotes", "lists", "lists on many lines", "quotes on many lines"} {
		if got := depth(parse(t, hostile(10_000)[name])); got < 50 || got > 110 {
			t.Errorf("%s: %d deep", name, got)
		}
	}
	deep := markdown.Node{Name: markdown.Text, Text: "deep"}
	for range 10_000 {
		deep = markdown.Node{Name: markdown.Blockquote, Content: []markdown.Node{deep}}
	}
	normal := markdown.Normalize(markdown.Node{Name: markdown.Doc, Content: []markdown.Node{deep}})
	if got := depth(normal); got > 110 || !strings.Contains(outline(normal), "deep") {
		t.Errorf("%d deep: %s", got, outline(normal))
	}
}

// TestParseTooManyMarks shows that a paragraph with too many marks keeps its text.
func TestParseTooManyMarks(t *testing.T) {
	for name, mark := range map[string]markdown.Node{
		"emphasis": text("a", markdown.Strong),
		"links":    link("/u", "a"),
		"pictures": {Name: markdown.Image, Attrs: markdown.Attrs{"src": "/u", "alt": "a"}},
	} {
		p := paragraph()
		for range 5000 {
			p.Content = append(p.Content, mark, text(" "))
		}
		once := markdown.Format(node(markdown.Doc, p))
		if want := strings.TrimSpace(strings.Repeat("a ", 5000)); once != want {
			t.Errorf("%s: %.100q, want the letters alone", name, once)
		}
		if twice := markdown.Format(parse(t, once)); twice != once {
			t.Errorf("%s: %.100q became %.100q", name, once, twice)
		}
	}
}
