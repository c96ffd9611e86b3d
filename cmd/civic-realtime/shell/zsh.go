package shell

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Zsh writes a completion for zsh, to be put into a file _civic-realtime in a directory of $fpath.
func Zsh(w io.Writer, app *kong.Application) error {
	root := read(app)
	var b strings.Builder
	b.WriteString("#compdef civic-realtime\n# Completion of civic-realtime for zsh.\n_civic_realtime() {\n" +
		"\tlocal at= i\n\tlocal -a next\n" +
		"\tfor (( i = 2; i < CURRENT; i++ )); do\n\t\tcase \"${at:+$at }$words[i]\" in\n")
	fmt.Fprintf(&b, "\t\t%s) at=\"${at:+$at }$words[i]\" ;;\n", alternatives(root.paths()))
	b.WriteString("\t\tesac\n\tdone\n\tcase \"$at:$words[CURRENT-1]\" in\n")
	for _, c := range root.all() {
		for _, f := range c.flags {
			if reply := zshReply(f); reply != "" {
				fmt.Fprintf(&b, "\t'%s:%s') %s; return ;;\n", c.path, f.name, reply)
			}
		}
	}
	b.WriteString("\tesac\n\tcase \"$at\" in\n")
	for _, c := range root.all() {
		fmt.Fprintf(&b, "\t'%s') next=(", c.path)
		for _, child := range c.children {
			fmt.Fprintf(&b, "\n\t\t%s", zshItem(child.name(), child.help))
		}
		for _, f := range c.flags {
			fmt.Fprintf(&b, "\n\t\t%s", zshItem(f.name, f.help))
		}
		b.WriteString(") ;;\n")
	}
	b.WriteString("\tesac\n\t_describe civic-realtime next\n}\n" +
		"if [[ $funcstack[1] == _civic-realtime ]]; then\n\t_civic_realtime\nelse\n" +
		"\tcompdef _civic_realtime civic-realtime\nfi\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// zshReply returns the command that completes the value of a flag; "" if it takes none.
func zshReply(f flag) string {
	switch {
	case f.toggle:
		return ""
	case f.values != nil:
		return "compadd " + strings.Join(f.values, " ")
	case f.placeholder == "DIR":
		return "_files -/"
	case f.file():
		return "_files"
	}
	return ":"
}

// zshItem returns a word with its description, as _describe takes them.
func zshItem(word, help string) string {
	return "'" + word + ":" + strings.ReplaceAll(help, "'", `'\''`) + "'"
}
