package markdown

import "strings"

// Schema says what a document calls its fragment, nodes, marks and attributes.
// The zero value is CivicPress's: the names of this package, in the root "default".
type Schema struct {
	// Fragment is the root that holds the blocks; "default" when empty.
	Fragment string
	// Names has the names of nodes and marks that are not this package's, by this package's.
	Names map[string]string
	// Attrs has the names of attributes that are not this package's, by "node.attribute".
	Attrs map[string]string
}

// TipTap is the schema of TipTap's own extensions (StarterKit, Link, Image, Table).
var TipTap = Schema{
	Names: map[string]string{
		HorizontalRule: "horizontalRule", CodeBlock: "codeBlock", HardBreak: "hardBreak",
		BulletList: "bulletList", OrderedList: "orderedList", ListItem: "listItem",
		TableRow: "tableRow", TableCell: "tableCell", TableHeader: "tableHeader",
		Em: "italic", Strong: "bold",
	},
	Attrs: map[string]string{"code_block.params": "language", "ordered_list.order": "start"},
}

// Root is the name of the fragment.
func (s Schema) Root() string {
	if s.Fragment == "" {
		return "default"
	}
	return s.Fragment
}

// Name is what the document calls a node or mark of this package's name.
func (s Schema) Name(ours string) string {
	if theirs, ok := s.Names[ours]; ok {
		return theirs
	}
	return ours
}

// Attr is what the document calls an attribute of a node.
func (s Schema) Attr(node, ours string) string {
	if theirs, ok := s.Attrs[node+"."+ours]; ok {
		return theirs
	}
	return ours
}

// Ours is this package's name for what the document calls theirs; what it does not know keeps its name.
func (s Schema) Canonical(theirs string) string {
	for ours, name := range s.Names {
		if name == theirs {
			return ours
		}
	}
	return theirs
}

// OurAttr is this package's name for an attribute of a node, which has this package's name.
func (s Schema) CanonicalAttr(node, theirs string) string {
	for ours, name := range s.Attrs {
		if name == theirs && len(ours) > len(node) && ours[:len(node)] == node && ours[len(node)] == '.' {
			return ours[len(node)+1:]
		}
	}
	return theirs
}

// Names lists this package's names of nodes and marks that a Schema may translate.
func Names() []string {
	return []string{
		Paragraph, Heading, Blockquote, HorizontalRule, CodeBlock, BulletList, OrderedList, ListItem,
		Table, TableRow, TableCell, TableHeader, Image, HardBreak, CivicRef, Link, Em, Strong, Code,
	}
}

// Attributes lists the attributes of nodes that a Schema may translate, as "node.attribute".
func Attributes() []string {
	return []string{
		"heading.level", "code_block.params", "ordered_list.order", "image.src", "image.alt", "image.title",
		"table_cell.colspan", "table_cell.rowspan", "table_cell.colwidth", "table_cell.align",
		"table_header.colspan", "table_header.rowspan", "table_header.colwidth", "table_header.align",
		"civicRef.refType", "civicRef.id", "civicRef.label",
	}
}

// Ambiguous is a name that the document has for two things, "" if there is none.
func (s Schema) Ambiguous() string {
	seen := map[string]bool{}
	for _, ours := range Names() {
		name := s.Name(ours)
		if seen[name] {
			return name
		}
		seen[name] = true
	}
	for _, full := range Attributes() {
		node, ours, _ := strings.Cut(full, ".")
		name := node + "." + s.Attr(node, ours)
		if seen[name] {
			return name
		}
		seen[name] = true
	}
	return ""
}
