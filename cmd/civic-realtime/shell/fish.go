package shell

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Fish writes a completion for fish, to be put into ~/.config/fish/completions.
func Fish(w io.Writer, app *kong.Application) error {
	root := read(app)
	var b strings.Builder
	b.WriteString("# Completion of civic-realtime for fish.\nfunction __civic_realtime_at\n" +
		"\tset -l at ''\n\tfor word in (commandline -opc)[2..-1]\n" +
		"\t\tset -l longer (string trim \"$at $word\")\n\t\tswitch $longer\n")
	fmt.Fprintf(&b, "\t\t\tcase '%s'\n\t\t\t\tset at $longer\n", strings.Join(root.paths(), "' '"))
	b.WriteString("\t\tend\n\tend\n\ttest \"$at\" = \"$argv[1]\"\nend\ncomplete -c civic-realtime -f\n")
	for _, c := range root.all() {
		at := "complete -c civic-realtime -n \"__civic_realtime_at '" + c.path + "'\""
		for _, child := range c.children {
			fmt.Fprintf(&b, "%s -a %s -d '%s'\n", at, child.name(), fishText(child.help))
		}
		for _, f := range c.flags {
			fmt.Fprintf(&b, "%s -l %s%s -d '%s'\n", at, f.name[2:], fishValue(f), fishText(f.help))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fishValue returns the options of complete about the value of a flag.
func fishValue(f flag) string {
	switch {
	case f.toggle:
		return ""
	case f.values != nil:
		return " -x -a '" + strings.Join(f.values, " ") + "'"
	case f.file():
		return " -r -F"
	}
	return " -x"
}

func fishText(text string) string {
	return strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text)
}
