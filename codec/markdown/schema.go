package markdown

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
func (s Schema) Ours(theirs string) string {
	for ours, name := range s.Names {
		if name == theirs {
			return ours
		}
	}
	return theirs
}

// OurAttr is this package's name for an attribute of a node, which has this package's name.
func (s Schema) OurAttr(node, theirs string) string {
	for ours, name := range s.Attrs {
		if name == theirs && len(ours) > len(node) && ours[:len(node)] == node && ours[len(node)] == '.' {
			return ours[len(node)+1:]
		}
	}
	return theirs
}
