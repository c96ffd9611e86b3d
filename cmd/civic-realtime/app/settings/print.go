package settings

import (
	"fmt"
	"io"
	"strings"
)

// commentColumn is the column of the comments beside values.
const commentColumn = 48

// Print writes values as a file of YAML below the key outer, each with its origin as a comment. A
// key without a value has a comment that says what that means.
func Print(w io.Writer, outer string, values []Value) error {
	p := printer{w: w}
	p.section([]string{outer})
	for _, v := range values {
		comment := v.Origin.String()
		if v.yaml() == "" && v.Note != "" {
			comment += ": " + plainText(v.Note)
		}
		if v.Unit != "" {
			comment += ", in " + v.Unit
		}
		p.line(append([]string{outer}, v.Path...), v.yaml(), comment)
	}
	return p.err
}

// printer writes nested keys. The keys of one section must come together.
type printer struct {
	w    io.Writer
	last []string // the sections of the last line
	err  error
}

// section begins sections that the last line was not in.
func (p *printer) section(path []string) {
	for i, name := range path {
		if i < len(p.last) && p.last[i] == name {
			continue
		}
		p.last = append(p.last[:i:i], name)
		p.printf("%s%s:\n", strings.Repeat("  ", i), name)
	}
	p.last = p.last[:len(path)]
}

// line writes a key with its value and a comment.
func (p *printer) line(path []string, value, comment string) {
	last := len(path) - 1
	p.section(path[:last])
	text := strings.TrimRight(strings.Repeat("  ", last)+path[last]+": "+value, " ")
	p.printf("%-*s # %s\n", commentColumn, text, comment)
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
