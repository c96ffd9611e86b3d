package markdown

import "strings"

// Schema has the names of a document's fragment, nodes, marks and attributes. The zero value is
// that of CivicPress: the names of this package, in the root "default".
type Schema struct {
	// Fragment is the name of the root type with the blocks; "default" if empty.
	Fragment string
	// Names has the names of nodes and marks that differ from this package's, by this package's.
	Names map[string]string
	// Attrs has the names of attributes that differ from this package's, by "node.attribute" in
	// this package's names.
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

// Root returns the name of the fragment.
func (s Schema) Root() string {
	if s.Fragment == "" {
		return "default"
	}
	return s.Fragment
}

// Name returns the document's name of a node or mark.
func (s Schema) Name(ours string) string {
	if theirs, ok := s.Names[ours]; ok {
		return theirs
	}
	return ours
}

// Attr returns the document's name of an attribute of a node.
func (s Schema) Attr(node, ours string) string {
	if theirs, ok := s.Attrs[node+"."+ours]; ok {
		return theirs
	}
	return ours
}

// Canonical returns this package's name of a node or mark of the document. An unknown one keeps its
// name.
func (s Schema) Canonical(theirs string) string {
	for ours, name := range s.Names {
		if name == theirs {
			return ours
		}
	}
	return theirs
}

// CanonicalAttr returns this package's name of an attribute of the document. node is this package's
// name.
func (s Schema) CanonicalAttr(node, theirs string) string {
	for ours, name := range s.Attrs {
		if attr, ok := strings.CutPrefix(ours, node+"."); ok && name == theirs {
			return attr
		}
	}
	return theirs
}

// Names lists this package's names of nodes and marks that a Schema may translate.
func Names() []string {
	return []string{
		Paragraph, Heading, Blockquote, HorizontalRule, CodeBlock,
		BulletList, OrderedList, ListItem, Table, TableRow, TableCell, TableHeader,
		Image, HardBreak, CivicRef, Link, Em, Strong, Code,
	}
}

// Attributes lists the attributes of nodes that a Schema may translate, as "node.attribute".
func Attributes() []string {
	return []string{
		"heading.level", "code_block.params", "ordered_list.order",
		"image.src", "image.alt", "image.title",
		"table_cell.colspan", "table_cell.rowspan", "table_cell.colwidth", "table_cell.align",
		"table_header.colspan", "table_header.rowspan", "table_header.colwidth", "table_header.align",
		"civicRef.refType", "civicRef.id", "civicRef.label",
	}
}

// Ambiguous returns a name that the document has for two nodes, marks or attributes, or "".
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
