package prose

import (
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// stringsOf returns the strings among the values of an item, as Yjs 14 shows them.
func stringsOf(it view.Item) string {
	if it.Ref() != yjs.RefAny && it.Ref() != yjs.RefJSON {
		return ""
	}
	var text strings.Builder
	for _, value := range it.Values() {
		if s, ok := value.(string); ok {
			text.WriteString(s)
		}
	}
	return text.String()
}

// mayHaveMarks reports whether inline nodes of a name, other than text, may have marks. Breaks have
// none of their own: Markdown gives them those of the text around them.
func mayHaveMarks(name string) bool { return name == markdown.Image || name == markdown.CivicRef }

// isElement reports whether a type has a name, and so is a node. Other types only contain nodes.
func isElement(t view.Type) bool {
	return t.Kind() == yjs.TypeXMLElement || t.Kind() == yjs.TypeXMLHook
}

func isFormat(it view.Item) bool { return !it.Deleted() && it.Ref() == yjs.RefFormat }

func isString(it view.Item) bool { return !it.Deleted() && it.Ref() == yjs.RefString }
