package settings

import (
	"regexp"
	"strings"
	"sync"

	"github.com/civicpress/civic-realtime/docs"
)

// Entry is a key as the reference describes it.
type Entry struct {
	Section string // the title above its table
	Key     string
	Default string // the default value; empty if it is not a fixed one
	Note    string // the default in words, for people, if it is not a fixed one
	Unit    string // of a number; empty: none
	Reload  bool   // a change takes effect while the server runs
	Meaning string // Markdown
}

// Reference returns the keys of docs/configuration.md, in their order there. The result must not be
// changed.
func Reference() []Entry { return reference() }

var reference = sync.OnceValue(func() []Entry { return parseReference(docs.Configuration) })

var (
	row     = regexp.MustCompile(`^\| ` + "`" + `([a-z_.]+)` + "`" + ` \| (.*?) \|(.*?)\| (yes|no) \| (.*) \|$`)
	literal = regexp.MustCompile("^`([^`]*)`$")
)

func parseReference(text string) (all []Entry) {
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "### "); ok {
			section = title
		}
		cells := row.FindStringSubmatch(line)
		if cells == nil {
			continue
		}
		e := Entry{
			Section: section, Key: cells[1], Note: cells[2], Unit: strings.TrimSpace(cells[3]),
			Reload: cells[4] == "yes", Meaning: cells[5],
		}
		if value := literal.FindStringSubmatch(e.Note); value != nil {
			e.Default, e.Note = value[1], ""
		}
		all = append(all, e)
	}
	return all
}
