package markdown_test

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// mustBeStable reads and writes a text, and checks that nothing changes any more.
func mustBeStable(t testing.TB, text string) {
	t.Helper()
	mustBeStableTree(t, parse(t, text))
}

// mustBeStableTree checks that a tree is read, after it is written, as its normalized form, and is
// written so again.
func mustBeStableTree(t testing.TB, doc markdown.Node) string {
	t.Helper()
	once := markdown.Format(doc)
	again := parse(t, once)
	if got, want := outline(again), outline(markdown.Normalize(doc)); got != want {
		t.Errorf("%.1000q is read as\n%.1000s\nwant\n%.1000s", once, got, want)
	}
	if twice := markdown.Format(again); twice != once {
		t.Errorf("%.1000q became %.1000q", once, twice)
	}
	return once
}

// node and text build trees for the tables below.
func node(name string, content ...markdown.Node) markdown.Node {
	return markdown.Node{Name: name, Content: content}
}

func text(s string, marks ...string) markdown.Node {
	n := markdown.Node{Name: markdown.Text, Text: s}
	for _, m := range marks {
		n.Marks = append(n.Marks, markdown.Mark{Name: m})
	}
	return n
}

func link(href, s string) markdown.Node {
	return markdown.Node{Name: markdown.Text, Text: s,
		Marks: []markdown.Mark{{Name: markdown.Link, Attrs: markdown.Attrs{"href": href}}}}
}

func linked(s, href string, marks ...string) markdown.Node {
	n := text(s, marks...)
	n.Marks = append(link(href, s).Marks, n.Marks...)
	return n
}

func paragraph(content ...markdown.Node) markdown.Node {
	return node(markdown.Paragraph, content...)
}

func cell(s string) markdown.Node { return node(markdown.TableCell, paragraph(text(s))) }

var hardBreak = node(markdown.HardBreak)

func civicRef(kind, id, label string) markdown.Node {
	return markdown.Node{Name: markdown.CivicRef,
		Attrs: markdown.Attrs{"refType": kind, "id": id, "label": label}}
}

func TestFormat(t *testing.T) {
	for name, c := range map[string]struct {
		want string
		doc  markdown.Node
	}{
		"nothing":                         {"", node(markdown.Doc)},
		"empty paragraphs":                {"a\n\nb", node(markdown.Doc, paragraph(text("a")), paragraph(), paragraph(text("b")))},
		"text that is HTML":               {`a \<b>c\</b> \& \&amp;`, node(markdown.Doc, paragraph(text("a <b>c</b> & &amp;")))},
		"an ampersand":                    {"a & b < c", node(markdown.Doc, paragraph(text("a & b < c")))},
		"text that is a list":             {"1. a", node(markdown.Doc, paragraph(text("1) a")))},
		"text that is a rule":             {"a\n\n===", node(markdown.Doc, paragraph(text("a"), hardBreak, text("===")))},
		"text that is a table":            {"a|b\n\n\\-|-", node(markdown.Doc, paragraph(text("a|b"), hardBreak, text("-|-")))},
		"several lines":                   {"a b", node(markdown.Doc, paragraph(text("a\nb")))},
		"a heading of two lines":          {"# a b", node(markdown.Doc, node(markdown.Heading, text("a"), hardBreak, text("b")))},
		"a heading that ends in #":        {"# a", node(markdown.Doc, node(markdown.Heading, text("a #")))},
		"blanks in emphasis":              {"a *b* c", node(markdown.Doc, paragraph(text("a"), text(" b ", markdown.Em), text("c")))},
		"emphasis in a word":              {`a"b"c`, node(markdown.Doc, paragraph(text("a"), text(`"b"`, markdown.Em), text("c")))},
		"em, then strong":                 {"*a***b**", node(markdown.Doc, paragraph(text("a", markdown.Em), text("b", markdown.Strong)))},
		"code between blanks":             {"`a`", node(markdown.Doc, paragraph(text(" a ", markdown.Code)))},
		"backticks in code":               {"``` `` ```", node(markdown.Doc, paragraph(text("``", markdown.Code)))},
		"a link of itself":                {"<https://a.b/>", node(markdown.Doc, paragraph(link("https://a.b/", "https://a.b/")))},
		"an address with blanks":          {"[a](/b%20c)", node(markdown.Doc, paragraph(link("/b c", "a")))},
		"a script":                        {"a", node(markdown.Doc, paragraph(link("javascript:x", "a")))},
		"lists side by side":              {"* a\n\n* b", node(markdown.Doc, list("a"), list("b"))},
		"lists in empty items":            {"* \n\n* \n\n* ", node(markdown.Doc, listOf(listOf(listOf())))},
		"an item without paragraph":       {"* \n\n# a", node(markdown.Doc, listOf(node(markdown.Heading, text("a"))))},
		"a row longer than the head":      {"| a |  |\n| --- | --- |\n| b | c |", node(markdown.Doc, node(markdown.Table, node(markdown.TableRow, cell("a")), node(markdown.TableRow, cell("b"), cell("c"))))},
		"bars in cells":                   {"| a \\| b |\n| --- |", node(markdown.Doc, node(markdown.Table, node(markdown.TableRow, cell("a | b"))))},
		"a break in a cell":               {"| a<br>b |\n| --- |", node(markdown.Doc, node(markdown.Table, node(markdown.TableRow, node(markdown.TableCell, paragraph(text("a"), hardBreak, text("b"))))))},
		"blocks in a cell":                {"| a b |\n| --- |", node(markdown.Doc, node(markdown.Table, node(markdown.TableRow, node(markdown.TableCell, paragraph(text("a")), list("b")))))},
		"a fence in code":                 {"````\n```\n````", node(markdown.Doc, node(markdown.CodeBlock, text("```")))},
		"a reference":                     {`a <!--civic-ref type="geography" id="w" label="&quot;W&#45;&#45;1&quot;"-->`, node(markdown.Doc, paragraph(text("a "), civicRef("geography", "w", `"W--1"`)))},
		"a reference alone":               {`<!--civic-ref type="record" id="" label=""-->`, node(markdown.Doc, paragraph(civicRef("", "", "")))},
		"unknown nodes and marks":         {"a b\n\nc", node(markdown.Doc, node("callout", text("a "), text("b", "highlight")), node("details", node("summary", text("c"))))},
		"bold that begins with a link":    {"[**a**](/u) **b** c", node(markdown.Doc, paragraph(linked("a", "/u", markdown.Strong), text(" b", markdown.Strong), text(" c")))},
		"bold that ends with a link":      {"c **a [b](/u)**", node(markdown.Doc, paragraph(text("c "), text("a ", markdown.Strong), linked("b", "/u", markdown.Strong)))},
		"bold that begins with code":      {"**`a` b** c", node(markdown.Doc, paragraph(text("a", markdown.Strong, markdown.Code), text(" b", markdown.Strong), text(" c")))},
		"bold that ends with code":        {"**a `b`** c", node(markdown.Doc, paragraph(text("a ", markdown.Strong), text("b", markdown.Strong, markdown.Code), text(" c")))},
		"bold that begins with italic":    {"***a*** **b** c", node(markdown.Doc, paragraph(text("a", markdown.Em, markdown.Strong), text(" b", markdown.Strong), text(" c")))},
		"bold that ends with italic":      {"**a *b*** c", node(markdown.Doc, paragraph(text("a ", markdown.Strong), text("b", markdown.Em, markdown.Strong), text(" c")))},
		"italic that ends bold":           {"***a** b* c", node(markdown.Doc, paragraph(text("a", markdown.Em, markdown.Strong), text(" b", markdown.Em), text(" c")))},
		"bold code at a word":             {"a`b`c **d**", node(markdown.Doc, paragraph(text("a"), text("b", markdown.Strong, markdown.Code), text("c "), text("d", markdown.Strong)))},
		"text that is an entity":          {"a & b", node(markdown.Doc, paragraph(text("a &amp; b")))},
		"text that is a list in an item":  {"* 1\\) a", node(markdown.Doc, listOf(paragraph(text("1) a"))))},
		"backticks among parameters":      {"```ab\nc\n```", node(markdown.Doc, markdown.Node{Name: markdown.CodeBlock, Attrs: markdown.Attrs{"params": "a`b"}, Content: []markdown.Node{text("c")}})},
		"a blank link before a reference": {`[ ](/u)<!--civic-ref type="record" id="r" label="l"-->`, node(markdown.Doc, paragraph(link("/u", " "), civicRef("record", "r", "l")))},
		"such a link behind a break":      {"a\\\n[ ](/u)<!--civic-ref type=\"record\" id=\"r\" label=\"l\"-->", node(markdown.Doc, paragraph(text("a"), hardBreak, link("/u", " "), civicRef("record", "r", "l")))},
		"a backslash and ! before a link": {`\\\![a](/u)`, node(markdown.Doc, paragraph(text(`\!`), link("/u", "a")))},
		"text that is a declaration":      {`\<\!b c`, node(markdown.Doc, paragraph(text("<!b c")))},
		"text that is a tag and a tab":    {"\\<div\tc", node(markdown.Doc, paragraph(text("<div\tc")))},
		"a sharp before a wide blank":     {"\\#\u2003a", node(markdown.Doc, paragraph(text("#\u2003a")))},
		"text in no paragraph":            {"a\n\n---", node(markdown.Doc, text("a"), node(markdown.HorizontalRule))},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustBeStableTree(t, c.doc); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func list(s string) markdown.Node {
	return node(markdown.BulletList, node(markdown.ListItem, paragraph(text(s))))
}

// listOf returns a list of one item, whose paragraph is empty.
func listOf(blocks ...markdown.Node) markdown.Node {
	return node(markdown.BulletList, node(markdown.ListItem, append([]markdown.Node{paragraph()}, blocks...)...))
}
