package shell

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Bash writes a completion for bash, to be read by it: source <(civic-realtime completion bash).
func Bash(w io.Writer, app *kong.Application) error {
	root := read(app)
	var b strings.Builder
	b.WriteString("# Completion of civic-realtime for bash.\n_civic_realtime() {\n" +
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path= words= i\n" +
		"\tCOMPREPLY=()\n" +
		"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n" +
		"\t\tcase \"${path:+$path }${COMP_WORDS[i]}\" in\n")
	fmt.Fprintf(&b, "\t\t%s) path=\"${path:+$path }${COMP_WORDS[i]}\" ;;\n", alternatives(root.paths()))
	b.WriteString("\t\tesac\n\tdone\n\tcase \"$path:$prev\" in\n")
	for _, c := range root.all() {
		for _, f := range c.flags {
			if reply := bashReply(f); reply != "" {
				fmt.Fprintf(&b, "\t'%s:%s') %s; return ;;\n", c.path, f.name, reply)
			}
		}
	}
	b.WriteString("\tesac\n\tcase \"$path\" in\n")
	for _, c := range root.all() {
		fmt.Fprintf(&b, "\t'%s') words='%s' ;;\n", c.path, strings.Join(c.words(), " "))
	}
	b.WriteString("\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n" +
		"complete -o filenames -F _civic_realtime civic-realtime\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// bashReply returns the command that completes the value of a flag; "" if it takes none.
func bashReply(f flag) string {
	switch {
	case f.toggle:
		return ""
	case f.values != nil:
		return "COMPREPLY=($(compgen -W '" + strings.Join(f.values, " ") + "' -- \"$cur\"))"
	case f.placeholder == "DIR":
		return "COMPREPLY=($(compgen -d -- \"$cur\"))"
	case f.file():
		return "COMPREPLY=($(compgen -f -- \"$cur\"))"
	}
	return ":" // the value can be anything
}

// alternatives returns a pattern of case for words.
func alternatives(words []string) string { return "'" + strings.Join(words, "'|'") + "'" }
