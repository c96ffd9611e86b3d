// Package prosemirror reads and writes documents of ProseMirror in JSON, as Node.toJSON writes
// them, as trees of package markdown. A Schema translates the names.
//
// The package is pure, like markdown. A tree that has what Markdown can express is written as the
// JSON that it was read from, up to attributes that are null. What Markdown cannot express is an
// error when it is read, so that nothing is lost when the document is written again.
package prosemirror

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// ErrForm is the error for JSON that is no document of ProseMirror.
var ErrForm = errors.New("not a ProseMirror document in JSON")

// UnknownError is the error for a node, mark or attribute that Markdown cannot express.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("%.80q has no form in Markdown", e.Name)
}

// maxDepth is the largest number of nested nodes.
const maxDepth = 200

// node is a node, and mark a mark, as ProseMirror writes it.
type node struct {
	Type    string         `json:"type"`
	Attrs   map[string]any `json:"attrs,omitempty"`
	Content []node         `json:"content,omitempty"`
	Text    string         `json:"text,omitempty"`
	Marks   []mark         `json:"marks,omitempty"`
}

type mark struct {
	Type  string         `json:"type"`
	Attrs map[string]any `json:"attrs,omitempty"`
}

// Decode reads a document. Its error is ErrForm, or an *UnknownError.
func Decode(text []byte, s markdown.Schema) (markdown.Node, error) {
	var n node
	if err := json.Unmarshal(text, &n); err != nil || n.Type != markdown.Doc {
		return markdown.Node{}, ErrForm
	}
	return n.tree(s, 0)
}

func (n node) tree(s markdown.Schema, depth int) (out markdown.Node, err error) {
	if depth > maxDepth {
		return out, ErrForm
	}
	out.Name = s.Canonical(n.Type)
	isText := out.Name == markdown.Text
	switch {
	case !isText && !(depth == 0 && out.Name == markdown.Doc) && !isNode(out.Name):
		return out, &UnknownError{n.Type}
	case isText != (n.Text != ""), isText && len(n.Content) > 0:
		return out, ErrForm
	}
	out.Text = n.Text
	if out.Attrs, err = attrsOf(out.Name, n.Attrs, s); err != nil {
		return out, err
	}
	for _, m := range n.Marks {
		name := s.Canonical(m.Type)
		attrs, err := attrsOf(name, m.Attrs, s)
		if !isMark(name) {
			err = &UnknownError{m.Type}
		}
		if err != nil {
			return out, err
		}
		out.Marks = append(out.Marks, markdown.Mark{Name: name, Attrs: attrs})
	}
	slices.SortStableFunc(out.Marks, markdown.CompareMarks)
	for _, child := range n.Content {
		c, err := child.tree(s, depth+1)
		if err != nil {
			return out, err
		}
		out.Content = append(out.Content, c)
	}
	return out, nil
}

var marks = []string{markdown.Link, markdown.Em, markdown.Strong, markdown.Code}

func isMark(name string) bool { return slices.Contains(marks, name) }

func isNode(name string) bool { return slices.Contains(markdown.Names(), name) && !isMark(name) }

// attrsOf translates attributes, without those that are null or an editor's default.
func attrsOf(name string, given map[string]any, s markdown.Schema) (markdown.Attrs, error) {
	if len(given) == 0 {
		return nil, nil
	}
	out := markdown.Attrs{}
	for theirs, value := range given {
		ours := s.CanonicalAttr(name, theirs)
		switch {
		case value == nil || isDefault(name, ours):
		case !hasAttr(name, ours):
			return nil, &UnknownError{name + "." + theirs}
		default:
			out[ours] = value
		}
	}
	return out, nil
}

// hasAttr reports whether a node or mark has an attribute in Markdown.
func hasAttr(name, attr string) bool {
	if name == markdown.Link {
		return attr == "href" || attr == "title"
	}
	return slices.Contains(markdown.Attributes(), name+"."+attr)
}

// isDefault reports whether an attribute is one that editors give by themselves, and that Markdown
// has not: a link of TipTap has a target, rel and class, a list may be tight or have a type.
func isDefault(name, attr string) bool {
	switch {
	case name == markdown.Link:
		return attr == "target" || attr == "rel" || attr == "class"
	case name == markdown.OrderedList:
		return attr == "type" || attr == "tight"
	case strings.HasSuffix(name, "_list"), name == markdown.ListItem:
		return attr == "tight"
	}
	return false
}

// Encode writes a tree. It has no attributes that are null.
func Encode(tree markdown.Node, s markdown.Schema) ([]byte, error) {
	return json.Marshal(jsonOf(tree, s))
}

func jsonOf(n markdown.Node, s markdown.Schema) node {
	out := node{Type: n.Name, Text: n.Text}
	if n.Name != markdown.Doc && n.Name != markdown.Text {
		out.Type = s.Name(n.Name)
	}
	out.Attrs = namesOf(n.Name, n.Attrs, s)
	for _, m := range n.Marks {
		out.Marks = append(out.Marks, mark{s.Name(m.Name), namesOf(m.Name, m.Attrs, s)})
	}
	for _, child := range n.Content {
		out.Content = append(out.Content, jsonOf(child, s))
	}
	return out
}

func namesOf(name string, attrs markdown.Attrs, s markdown.Schema) map[string]any {
	out := make(map[string]any, len(attrs))
	for ours, value := range attrs {
		out[s.Attr(name, ours)] = value
	}
	return out
}
