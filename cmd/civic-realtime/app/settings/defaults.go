package settings

import (
	"io"
	"regexp"
	"strings"
)

// PrintDefaults writes a file with every key of the struct that of points to, below the key outer:
// its variable, which variable returns, and its meaning are comments, and its default is its value.
// Keys whose default is no fixed value are comments.
func PrintDefaults(w io.Writer, outer string, of any, variable func(key string) string) error {
	s := New(of)
	p := printer{w: w}
	p.printf("# Every key of civic-realtime, with its default. A key that is left out, or has no value, has its\n" +
		"# default. Keys marked (reload) take effect while the server runs, after SIGHUP.\n")
	p.section([]string{outer})
	for _, v := range s.Effective(of, Reference()) {
		p.entry(append([]string{outer}, v.Path...), v, variable(v.Key))
	}
	return p.err
}

// entry writes a key with its meaning.
func (p *printer) entry(path []string, v Value, variable string) {
	last := len(path) - 1
	p.section(path[:last])
	indent := strings.Repeat("  ", last)
	text := plainText(v.Meaning)
	if v.Unit != "" {
		text += " (" + v.Unit + ")"
	}
	if v.Note != "" {
		text += "; default: " + plainText(v.Note)
	}
	if v.Reload {
		text += " (reload)"
	}
	p.printf("\n%s# %s\n", indent, variable)
	for _, line := range wrapped(text, 100-len(indent)-2) {
		p.printf("%s# %s\n", indent, line)
	}
	if v.Note == "" {
		p.printf("%s%s: %s\n", indent, path[last], v.yaml())
	} else {
		p.printf("%s#%s:\n", indent, path[last])
	}
}

var link = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)

// plainText returns Markdown without its marks.
func plainText(markdown string) string {
	text := link.ReplaceAllString(markdown, "$1")
	return strings.NewReplacer("`", "", `\|`, "|").Replace(text)
}

// wrapped breaks a text into lines of at most width bytes, where there are spaces.
func wrapped(text string, width int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
