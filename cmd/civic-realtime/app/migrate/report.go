package migrate

import (
	"fmt"
	"strings"
	"unicode"
)

// Report says what an import has done.
type Report struct {
	From     Server    `json:"from"`
	Path     string    `json:"path"`
	DryRun   bool      `json:"dryRun"`   // nothing was stored
	Imported int       `json:"imported"` // documents that had no room before
	Merged   int       `json:"merged"`   // into rooms that were there
	Replaced int       `json:"replaced"` // rooms that were there
	Present  int       `json:"present"`  // documents whose rooms have everything already
	Empty    int       `json:"empty"`    // documents with nothing in them, which need no room
	Skipped  int       `json:"skipped"`  // documents whose rooms have other content, as was asked for
	Failed   int       `json:"failed"`   // documents, and damaged parts of the store
	Bytes    int64     `json:"bytes"`    // of the documents that were imported, merged or replaced
	Problems []Problem `json:"problems"` // one for each that failed, and remarks on others
}

// Problem is the reason why a document was not imported, or a remark on one that was.
type Problem struct {
	Name     string `json:"name"` // the document's
	Room     string `json:"room,omitempty"`
	Lost     bool   `json:"lost,omitempty"` // a part of the store, which may have had documents
	Imported bool   `json:"imported"`       // it is a remark: the document is imported
	Reason   string `json:"reason"`
}

// String returns the problem in one line, without characters that steer a terminal.
func (p Problem) String() string {
	switch reason := strings.ReplaceAll(p.Reason, "\n", "; "); {
	case p.Lost:
		return "documents may be missing: " + printable(reason)
	case p.Imported:
		return fmt.Sprintf("%q: %s", p.Name, printable(reason))
	default:
		return fmt.Sprintf("%q is not imported: %s", p.Name, printable(reason))
	}
}

// printable returns a text with control characters replaced by spaces.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// Summary returns the report in one line, with the folder that it is about.
func (r *Report) Summary(dir string) string {
	verb := "imported"
	if r.DryRun {
		verb = "would import"
	}
	s := fmt.Sprintf("%s %d documents (%d bytes) into %s", verb, r.Imported+r.Merged+r.Replaced, r.Bytes, dir)
	for _, part := range []struct {
		n    int
		text string
	}{
		{r.Merged, "merged into rooms that were there"},
		{r.Replaced, "in the place of others"},
		{r.Present, "were there already"},
		{r.Empty, "are empty"},
		{r.Skipped, "skipped"},
		{r.Failed, "failed"},
	} {
		if part.n > 0 {
			s += fmt.Sprintf(", %d %s", part.n, part.text)
		}
	}
	return s
}
