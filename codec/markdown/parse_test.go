package markdown_test

import "testing"

func TestParse(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"nothing":                      {"", `doc (paragraph)`},
		"HTML is left out":             {"a <b>c</b><!-- d -->\n\n<div>e</div>", `doc (paragraph (text "a c"))`},
		"a reference":                  {`a <!--civic-ref type="attachment" id="i" label="&quot;l&#45;&#45;"-->`, `doc (paragraph (text "a ", civicRef id="i" label="\"l--" refType="attachment"))`},
		"a reference of unknown type":  {`<!--civic-ref type="x" id="i" label="l"-->`, `doc (paragraph (civicRef id="i" label="l" refType="record"))`},
		"a comment that is almost one": {`a <!--civic-ref type="record"-->`, `doc (paragraph (text "a "))`},
		"a script stays text":          {"[a](javascript:x)", `doc (paragraph (text "[a](javascript:x)"))`},
		"a script's definition too":    {"[a]\n\n[a]: javascript:x", `doc (paragraph (text "[a]"), paragraph (text "[a]: javascript:x"))`},
		"a script's picture too":       {"![a](vbscript:x)", `doc (paragraph (text "![a](vbscript:x)"))`},
		"a picture in the address":     {"![a](data:image/png;base64,x)", `doc (paragraph (image alt="a" src="data:image/png;base64,x"))`},
		"entities":                     {"&amp;&#65;&#x41;&#0;&nosuch;", `doc (paragraph (text "&AA�&nosuch;"))`},
		"a host in its own letters":    {"[a](http://bücher.example/ü)", `doc (paragraph (text "a" ^link href="http://xn--bcher-kva.example/%C3%BC"))`},
		"Punycode for people":          {"<http://xn--bcher-kva.example/%C3%BC>", `doc (paragraph (text "http://bücher.example/ü" ^link href="http://xn--bcher-kva.example/%C3%BC"))`},
		"alternative text":             {"![a *b* `c` ![d](e)](f 'g')", `doc (paragraph (image alt="a b c d" src="f" title="g"))`},
		"no order of zero":             {"0. a", `doc (ordered_list order=1 (list_item (paragraph (text "a"))))`},
		"an item without paragraph":    {"* # a", `doc (bullet_list (list_item (paragraph, heading level=1 (text "a"))))`},
		"emphasis ends once":           {"*a *b* c*", `doc (paragraph (text "a b" ^em, text " c"))`},
		"parameters":                   {"``` go x\n```", `doc (code_block params=" go x")`},
		"an empty item in the middle":  {"* a\n\n  * \n\n  b", `doc (bullet_list (list_item (paragraph (text "a"), bullet_list (list_item (paragraph)), paragraph (text "b"))))`},
		"three backslashes":            {"a\\\\\\\nb", `doc (paragraph (text "a\\", hard_break, text "b"))`},
		"a comment that does not end":  {"a <!-- b\n\nc <!--civic-ref type=\"record\" id=\"i\" label=\"l\"-->", `doc (paragraph (text "a <!-- b"), paragraph (text "c ", civicRef id="i" label="l" refType="record"))`},
		"a declaration":                {"<!doctype html>\n\na", `doc (paragraph (text "a"))`},
		"a declaration in a line":      {"a <!b c> d <!e\nf> g <!h", `doc (paragraph (text "a  d  g <!h"))`},
		"a tag and a tab":              {"</div\t>\n\na", `doc (paragraph (text "a"))`},
		"a tab behind what is no tag":  {"<dim\tb\nc", `doc (paragraph (text "<dim\tb c"))`},
		"no UTF-8":                     {"a\xffb\x00", `doc (paragraph (text "a�b�"))`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := outline(parse(t, c.in)); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			mustBeStable(t, c.in)
		})
	}
}
