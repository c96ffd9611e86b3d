package debian

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// components is the list of all code in the binary, as `civic-realtime licenses` prints it.
const components = "cmd/civic-realtime/licenses/components.json"

// component is a part of the binary with authors of its own.
type component struct {
	Origin  string // "program", "go" or "npm"
	Name    string
	License string // an SPDX expression
	Texts   []struct{ File, Text string }
}

// copyright returns the file copyright: the licence of this program, and those of everything that
// is in the binary (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0).
func copyright(source string) ([]byte, error) {
	list, err := os.ReadFile(filepath.Join(source, filepath.FromSlash(components)))
	if err != nil {
		return nil, err
	}
	var all []component
	if err := json.Unmarshal(list, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", components, err)
	}
	head, err := packaging("copyright")
	if err != nil {
		return nil, err
	}
	b := strings.Builder{}
	b.Write(head)
	for _, c := range all {
		if c.Origin != "program" {
			appendStanza(&b, c)
		}
	}
	return []byte(b.String()), nil
}

// appendStanza appends the paragraph of a component, whose place is that of vendored sources.
func appendStanza(b *strings.Builder, c component) {
	var owners, texts []string
	for _, t := range c.Texts {
		owners = append(owners, ownersIn(t.Text)...)
		texts = append(texts, t.File+":", shortened(t.Text))
	}
	if len(owners) == 0 {
		owners = []string{"the authors of " + c.Name}
	}
	name := strings.ReplaceAll(strings.ReplaceAll(c.License, " AND ", " and "), " OR ", " or ")
	fmt.Fprintf(b, "\nFiles: vendor/%s/%s/*\nCopyright: %s\nLicense: %s\n",
		c.Origin, c.Name, strings.Join(owners, "\n "), name)
	for line := range strings.Lines(strings.Join(texts, "\n")) {
		if line = strings.TrimRight(line, " \t\r\n\f"); line == "" {
			line = "."
		}
		fmt.Fprintln(b, "", line)
	}
}

// ownersIn returns the lines of a licence that name the owners of the rights.
func ownersIn(text string) (owners []string) {
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		after, found := strings.CutPrefix(line, "Copyright ")
		if found && !strings.HasPrefix(after, "[yyyy]") && strings.ContainsAny(after, "0123456789") {
			owners = append(owners, strings.TrimPrefix(after, "(c) "))
		}
	}
	return owners
}

// shortened returns a text, or, of the Apache licence, the place where Debian has it.
func shortened(text string) string {
	if strings.Contains(text, "Apache License") && strings.Contains(text, "TERMS AND CONDITIONS FOR USE") {
		return "The Apache License, Version 2.0: /usr/share/common-licenses/Apache-2.0"
	}
	return text
}
