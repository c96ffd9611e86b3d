package shell

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Page has the parts of the manual page that are not in the model.
type Page struct {
	Version string
	// Exit has the meaning of the exit codes, by code in ascending order.
	Exit []string
	// Signals are names of signals, each with its effect.
	Signals [][2]string
	// Files are names of files, each with its meaning.
	Files [][2]string
	// Environment is a paragraph about variables.
	Environment string
}

// Man writes a manual page of section 1.
func Man(w io.Writer, app *kong.Application, p Page) error {
	root := read(app)
	m := &man{}
	m.macro("TH", "CIVIC-REALTIME", "1", "", "civic-realtime "+p.Version, "")
	m.macro("SH", "NAME")
	m.text("civic-realtime - " + strings.TrimSuffix(root.help, "."))
	m.macro("SH", "SYNOPSIS")
	m.text(app.Name + " COMMAND [FLAGS]")
	m.macro("SH", "COMMANDS")
	for _, c := range root.all()[1:] {
		if len(c.children) > 0 {
			continue // its commands follow
		}
		m.command(c)
	}
	m.macro("SH", "ENVIRONMENT")
	m.text(p.Environment)
	m.list("FILES", p.Files)
	m.list("SIGNALS", p.Signals)
	m.macro("SH", "EXIT STATUS")
	for code, meaning := range p.Exit {
		m.item(fmt.Sprint(code), meaning)
	}
	_, err := io.WriteString(w, m.out.String())
	return err
}

// man is a page that is being written.
type man struct{ out strings.Builder }

// macro writes a request with arguments.
func (m *man) macro(name string, args ...string) {
	m.out.WriteString("." + name)
	for _, a := range args {
		m.out.WriteString(` "` + strings.ReplaceAll(escaped(a), `"`, `\(dq`) + `"`)
	}
	m.out.WriteString("\n")
}

// text writes a paragraph. A line must not begin with a control character.
func (m *man) text(text string) {
	text = escaped(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	m.out.WriteString(text + "\n")
}

// item writes a term and its meaning.
func (m *man) item(term, meaning string) {
	m.macro("TP")
	m.macro("B", term)
	m.text(meaning)
}

func (m *man) list(title string, items [][2]string) {
	m.macro("SH", title)
	for _, i := range items {
		m.item(i[0], i[1])
	}
}

// command writes a command with its flags.
func (m *man) command(c *command) {
	usage := "civic-realtime " + c.path
	for _, a := range c.args {
		usage += " [" + strings.ToUpper(a) + "]"
	}
	m.macro("SS", usage)
	m.text(c.help)
	for _, f := range c.flags {
		term := f.name
		if !f.toggle {
			term += " " + valueName(f)
		}
		if f.required {
			term += " (required)"
		}
		m.item(term, f.help)
	}
}

func valueName(f flag) string {
	switch {
	case f.placeholder != "":
		return f.placeholder
	case f.values != nil:
		return strings.Join(f.values, "|")
	}
	return "VALUE"
}

// escaped returns a text without the escape character, with hyphens that can be searched for, and
// in ASCII.
func escaped(text string) string {
	var out strings.Builder
	for _, r := range strings.TrimSpace(text) {
		switch {
		case r == '\\':
			out.WriteString(`\e`)
		case r == '-':
			out.WriteString(`\-`)
		case r > '~':
			fmt.Fprintf(&out, `\[u%04X]`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
