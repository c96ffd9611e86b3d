package markdown_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/markdown/texts"
)

// guarded has documents as editors hold them, the texts that we and prosemirror-markdown write of
// each, and whether CivicPress' guard admits these.
type guarded struct {
	docs                    []tree
	ours, theirs            []string
	oursAdmitted, theirsToo []bool
}

func askGuard(t *testing.T, ref *reference, docs []tree) guarded {
	t.Helper()
	g := guarded{docs: docs}
	for i := range docs {
		g.ours = append(g.ours, markdown.Format(docs[i].node()))
	}
	written, _ := ref.ask(t, request{Op: "write", Trees: docs})
	g.theirs = written.Texts
	asked, _ := ref.ask(t, request{Op: "guard", Texts: append(g.ours, g.theirs...)})
	g.oursAdmitted, g.theirsToo = asked.Admitted[:len(docs)], asked.Admitted[len(docs):]
	return g
}

// accidents matches texts that the guard admits only because prosemirror-markdown's own text is
// read otherwise there: as code, since it keeps the blanks at the start of a paragraph, and
// backticks among the parameters of a code block; or as an image, since it does not escape the ! of
// a text that ends in \! before a link.
var accidents = regexp.MustCompile("<br>|\\[\\^|(?m:^[> *\\d.\\t]*<!--civic-ref)|```[^`\n]+`|\\\\\\\\!")

// TestGuardAdmitsFormat shows that CivicPress' guard admits our draft of a document whenever it
// admits its own.
func TestGuardAdmitsFormat(t *testing.T) {
	ref := startReference(t)
	r := rand.New(rand.NewPCG(31, 0))
	var docs []tree
	for range 4000 {
		docs = append(docs, treeOf(texts.Marked(r)))
	}
	g := askGuard(t, ref, docs)
	admitted := 0
	for i := range docs {
		if !g.theirsToo[i] || accidents.MatchString(g.theirs[i]) {
			continue
		}
		if admitted++; !g.oursAdmitted[i] {
			t.Errorf("the guard refuses\n%q\nand admits\n%q\nof\n%s", g.ours[i], g.theirs[i], outline(docs[i].node()))
		}
		if strings.Contains(g.ours[i], "<!-- -->") || strings.Contains(g.ours[i], "&#32;") {
			t.Errorf("%q has what nobody wrote", g.ours[i])
		}
	}
	if admitted < len(docs)/2 {
		t.Errorf("the guard admits %d of %d documents: too few to say anything", admitted, len(docs))
	}
}
