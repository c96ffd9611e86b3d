package prose

import (
	"encoding/json"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
)

// key returns a string that is equal for equal nodes. Adjacent texts with the same marks count as
// one.
func key(nodes ...markdown.Node) string { return string(appendKey(nil, nodes)) }

func equal(a, b markdown.Node) bool { return key(a) == key(b) }

func appendKey(dst []byte, nodes []markdown.Node) []byte {
	for i := range nodes {
		n := &nodes[i]
		if i > 0 && n.Name == markdown.Text && len(n.Content) == 0 && goesOn(n, &nodes[i-1]) {
			dst = append(dst[:len(dst)-1], n.Text...)
			dst = append(dst, 0)
			continue
		}
		dst = appendNode(dst, n)
	}
	return dst
}

// goesOn reports whether the node before a text is a text with the same marks.
func goesOn(n, before *markdown.Node) bool {
	return before.Name == markdown.Text && sameMarks(n.Marks, before.Marks)
}

func appendNode(dst []byte, n *markdown.Node) []byte {
	dst = lib0.AppendString(dst, n.Name)
	dst = appendAttrs(dst, n.Attrs)
	dst = lib0.AppendUvarint(dst, uint64(len(n.Marks)))
	for _, m := range n.Marks {
		dst = lib0.AppendString(lib0.AppendString(dst, m.Name), m.JSON())
	}
	if n.Name == markdown.Text && len(n.Content) == 0 {
		return append(append(dst, n.Text...), 0)
	}
	dst = append(dst, '(')
	dst = appendKey(dst, n.Content)
	return append(dst, ')')
}

// appendAttrs appends attributes of normal nodes, which JSON can express.
func appendAttrs(dst []byte, attrs markdown.Attrs) []byte {
	if len(attrs) == 0 {
		return append(dst, 0)
	}
	text, _ := json.Marshal(attrs)
	return lib0.AppendBytes(dst, text)
}

func sameMarks(a, b []markdown.Mark) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}
