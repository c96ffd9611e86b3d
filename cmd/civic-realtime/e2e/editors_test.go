package e2e

import "testing"

// node returns a ProseMirror node in JSON.
func node(name string, attrs args, content ...any) args {
	n := args{"type": name}
	if attrs != nil {
		n["attrs"] = attrs
	}
	if len(content) > 0 {
		n["content"] = content
	}
	return n
}

func paragraph(text string) args { return node("paragraph", nil, args{"type": "text", "text": text}) }

// TestEditors shows that a page and an editor in Node that write one record, with everything that
// CivicPress' toolbar offers, end with one document, and both show it.
func TestEditors(t *testing.T) {
	t.Parallel()
	p := newTokenRoom(t, "by-law-9")
	page, bare := openPage(t, p.editorOptions("Paige")), openNode(t, p.editorOptions("Norman"))

	page.after("").presses("Control+Alt+1").types("Fees\nWho has a dog pays.\nWho has none").presses("Shift+Enter").types("does not.")
	bare.wait(args{"says": "does not."})
	bare.selects("dog").presses("Control+i").selects("pays").do("mark", args{"mark": "link", "attrs": args{"href": "https://town.example/fees"}}, nil)
	bare.lastly("not.").presses("Enter").do("insert", args{"node": node("table", nil,
		node("table_row", nil, node("table_header", nil, paragraph("Dog")), node("table_header", args{"align": "right"}, paragraph("Fee"))),
		node("table_row", nil, node("table_cell", nil, paragraph("small")), node("table_cell", args{"align": "right"}, paragraph("5"))),
	)}, nil)
	page.wait(args{"says": "small"})
	page.after("5").types("0").presses("Shift+Tab").types("big")
	bare.after("none").types(", see ").do("insert", args{"node": node("civicRef", args{"refType": "record", "id": "by-law-3", "label": "Cats -- a \"list\""})}, nil)

	const want = "# Fees\n\nWho has a *dog* [pays](https://town.example/fees).\n\n" +
		"Who has none, see <!--civic-ref type=\"record\" id=\"by-law-3\" label=\"Cats &#45;&#45; a &quot;list&quot;\"-->\\\ndoes not.\n\n" +
		"| Dog | Fee |\n| --- | --: |\n| big | 50 |"
	mustAllShow(t, want, page, bare, openNode(t, p.editorOptions("Late")))
}
