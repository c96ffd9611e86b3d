package recordsync

import (
	"fmt"
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/prose"
)

// namedConflicts is how many blocks a notice names.
const namedConflicts = 3

// nameConflicts names blocks by where they are, and quotes none: "paragraph 2, list 1
// (item 3) and 4 more". It is empty where there are none.
func nameConflicts(all []prose.Conflict) string {
	names := make([]string, 0, namedConflicts+1)
	for i, c := range all {
		if i == namedConflicts {
			names = append(names, fmt.Sprintf("%d more", len(all)-i))
			break
		}
		names = append(names, nameConflict(c))
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

func nameConflict(c prose.Conflict) string {
	name := nameStep(c.Path[0])
	switch inner := innerStep(c.Path); {
	case c.Deleted:
		return "a deleted " + nameOf(c.Path[len(c.Path)-1].Name)
	case inner != "":
		return name + " (" + inner + ")"
	}
	return name
}

// innerStep names where in a block of the document another one is: an item of a list, the
// row of a table, a block of a quotation.
func innerStep(path []prose.Step) string {
	if len(path) < 2 {
		return ""
	}
	return nameStep(path[1])
}

func nameStep(s prose.Step) string { return fmt.Sprint(nameOf(s.Name), " ", s.Number) }

// blockNames are what people call blocks.
var blockNames = map[string]string{
	markdown.Paragraph: "paragraph", markdown.Heading: "heading", markdown.Blockquote: "quotation", markdown.CodeBlock: "code block",
	markdown.BulletList: "list", markdown.OrderedList: "numbered list", markdown.ListItem: "item", markdown.HorizontalRule: "line",
	markdown.Table: "table", markdown.TableRow: "row", markdown.TableCell: "cell", markdown.TableHeader: "cell",
}

func nameOf(block string) string {
	if name, ok := blockNames[block]; ok {
		return name
	}
	return "block"
}
