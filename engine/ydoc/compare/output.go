package compare

import (
	"maps"
	"slices"
	"unicode/utf16"

	"github.com/civicpress/civic-realtime/engine/authors"
)

// The types of a Difference.
const (
	Insert      = "insert"       // characters or values; From and To are in the newer list
	Delete      = "delete"       // the same; From and To are in the older list
	Format      = "format"       // other attributes; From and To are in the newer list
	BlockInsert = "block-insert" // a block in a list, empty: insertions into it follow
	BlockDelete = "block-delete" // a block in a list, with all that is in it
	Set         = "set"          // the value of a key; of a block as BlockInsert
	Unset       = "unset"        // a key that is gone, with its value
)

// Difference is a difference of two states of a document.
type Difference struct {
	Type string
	Root string // the name of the root in which it is
	// Path is that of the block: in the older state of Delete, BlockDelete and Unset, else in the
	// newer one. Its elements are ints and strings.
	Path     []any
	From, To uint64 // in the list of the block; 0 of Set and Unset
	Key      string // of Set and Unset
	Text     string // characters; of BlockDelete, and of Unset of a block, the text in it
	Values   []any  // as JSON can express them
	Block    string // the kind of a block: text, array, map, element, fragment, hook, xml-text
	Name     string // of an element or hook
	// Attributes are, of Insert and BlockInsert, the formats in force; of Format the one that was
	// set, or removed: then it is nil.
	Attributes map[string]any
	By         authors.Author
}

// output collects differences.
type output struct{ all []found }

// found is a difference with what is needed to join the next one to it.
type found struct {
	Difference
	at     *place
	units  []uint16
	marks  *marks
	values bool   // it has values, to which more may be added
	json   string // of a format; empty: it is gone
}

// extend extends an earlier difference by another one, if that continues it: the last one or, as
// deletions and insertions may alternate, the one before.
func (o *output) extend(f *found) bool {
	for i := len(o.all) - 1; i >= max(0, len(o.all)-2); i-- {
		if last := &o.all[i]; last.continuedBy(f) {
			last.To = f.To
			last.units = append(last.units, f.units...)
			last.Values = append(last.Values, f.Values...)
			return true
		}
	}
	return false
}

func (f *found) continuedBy(next *found) bool {
	joins := len(f.units) > 0 && len(next.units) > 0 || f.values && next.values
	same := f.Type == next.Type && f.at == next.at && f.By == next.By && f.marks == next.marks
	return joins && same && f.To == next.From
}

// differences returns everything that was added.
func (o *output) differences() []Difference {
	all := make([]Difference, len(o.all))
	for i := range o.all {
		f := &o.all[i]
		f.Root, f.Path = f.at.root, slices.Clone(f.at.path)
		if len(f.units) > 0 {
			f.Text = string(utf16.Decode(f.units))
		}
		f.Attributes = maps.Clone(f.Attributes)
		all[i] = f.Difference
	}
	return all
}
