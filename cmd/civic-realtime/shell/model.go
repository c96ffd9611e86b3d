package shell

import (
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// command is a command, or the program itself.
type command struct {
	path     string // "config print"; "" is the program
	help     string
	flags    []flag
	args     []string // names of arguments
	children []*command
}

// flag is a flag of a command.
type flag struct {
	name, help, placeholder string
	toggle                  bool     // takes no value
	values                  []string // all values; nil: any
	required                bool
}

// file reports whether the value is the name of a file or directory.
func (f *flag) file() bool { return f.placeholder == "FILE" || f.placeholder == "DIR" }

// choices are placeholders with all values: "text|json".
var choices = regexp.MustCompile(`^[a-z0-9-]+(\|[a-z0-9-]+)+$`)

// read returns the commands of a model.
func read(app *kong.Application) *command { return readNode(app.Node, "", nil) }

// readNode returns a command, which also has the flags of those above it.
func readNode(n *kong.Node, path string, above []flag) *command {
	c := &command{path: path, help: n.Help, flags: slices.Clone(above)}
	for _, f := range n.Flags {
		if !f.Hidden {
			c.flags = append(c.flags, readFlag(f))
		}
	}
	for _, p := range n.Positional {
		c.args = append(c.args, p.Name)
	}
	for _, child := range n.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			below := strings.TrimSpace(path + " " + child.Name)
			c.children = append(c.children, readNode(child, below, c.flags))
		}
	}
	return c
}

func readFlag(f *kong.Flag) flag {
	r := flag{name: "--" + f.Name, help: f.Help, toggle: f.IsBool(), required: f.Required}
	r.placeholder = f.PlaceHolder
	switch {
	case f.Enum != "":
		r.values = strings.Split(f.Enum, ",")
	case choices.MatchString(f.PlaceHolder):
		r.values = strings.Split(f.PlaceHolder, "|")
	}
	return r
}

// name returns the last word of the path.
func (c *command) name() string {
	words := strings.Fields(c.path)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// all returns the command and all below it, in their order.
func (c *command) all() []*command {
	list := []*command{c}
	for _, child := range c.children {
		list = append(list, child.all()...)
	}
	return list
}

// words returns what may come next: commands, or flags.
func (c *command) words() (words []string) {
	for _, child := range c.children {
		words = append(words, child.name())
	}
	for _, f := range c.flags {
		words = append(words, f.name)
	}
	return words
}

// paths returns the paths of all commands below the program.
func (c *command) paths() (paths []string) {
	for _, each := range c.all()[1:] {
		paths = append(paths, each.path)
	}
	slices.Sort(paths)
	return paths
}
