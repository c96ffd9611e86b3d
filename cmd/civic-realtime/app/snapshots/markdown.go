package snapshots

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// markdown returns the document as readable Markdown: the editors' fragment or, in a document
// without that, each root in the form of its kind. Remarks name the parts that are left out.
func (s State) markdown(of markdown.Schema) (text string, remarks []string, err error) {
	return s.readable(of, func(tree markdown.Node) (string, []string) {
		if unknown := unknownIn(tree); len(unknown) > 0 {
			remarks = append(remarks, "Markdown has no form for "+strings.Join(unknown, ", "))
		}
		return markdown.Format(tree), remarks
	})
}

// readable returns the document as readable text. The editors' fragment is formatted by format.
func (s State) readable(
	of markdown.Schema, format func(markdown.Node) (text string, remarks []string),
) (text string, remarks []string, err error) {
	defer view.Recover(&err)
	v, err := s.view()
	if err != nil {
		return "", nil, err
	}
	all := roots(v, of)
	i := slices.IndexFunc(all, editorsIn(of))
	if i < 0 {
		text, remarks = rootsText(all)
		return text, remarks, nil
	}
	text, remarks = format(prose.Read(v, of))
	for _, r := range slices.Delete(all, i, i+1) {
		remarks = append(remarks, r.Label()+" is not shown; --json and the format yjs have it")
	}
	return withLineFeed(text), remarks, nil
}

// rootsText returns a single text as it is, and several roots each below its name.
func rootsText(all []root) (text string, remarks []string) {
	var b strings.Builder
	for _, r := range all {
		remarks = append(remarks, r.leftOut()...)
		if len(all) == 1 && r.Kind == yjs.TypeText {
			return withLineFeed(r.String()), remarks
		}
		fmt.Fprintf(&b, "## %s\n\n%s\n", r.Name, r.block())
	}
	return b.String(), remarks
}

// block returns the content of a root as a block of Markdown.
func (r root) block() string {
	switch r.Kind {
	case yjs.TypeText:
		return withLineFeed(r.String())
	case yjs.TypeXMLFragment:
		return fenced("xml", withLineFeed(r.JSON(r.Kind).(string)))
	}
	text, err := indented(r.JSON(r.Kind))
	if err != nil {
		text = withLineFeed(err.Error())
	}
	return fenced("json", text)
}

// fenced returns a block of code, with a fence that is longer than any in the code.
func fenced(language, code string) string {
	fence := "```"
	for strings.Contains(code, fence) {
		fence += "`"
	}
	return fence + language + "\n" + code + fence + "\n"
}

// withLineFeed returns a text with a line feed at its end. An empty text stays empty.
func withLineFeed(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}

// unknownIn returns the names of the nodes and marks of a tree that Markdown has no form for, each
// once.
func unknownIn(n markdown.Node) (names []string) {
	known := append(markdown.Names(), markdown.Doc, markdown.Text)
	var look func(markdown.Node)
	look = func(n markdown.Node) {
		used := []string{n.Name}
		for _, m := range n.Marks {
			used = append(used, m.Name)
		}
		for _, name := range used {
			if !slices.Contains(known, name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		for _, child := range n.Content {
			look(child)
		}
	}
	look(n)
	slices.Sort(names)
	return names
}
