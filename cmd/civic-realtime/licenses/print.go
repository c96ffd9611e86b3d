package licenses

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// List writes a line for each component: its name, version and licence.
func List(w io.Writer, all []Component) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\n", c.Name, c.Version, c.License)
	}
	return table.Flush()
}

// Texts writes all texts of all components, each below the names of its component and file.
func Texts(w io.Writer, all []Component) error {
	rule := strings.Repeat("-", 80)
	for _, c := range all {
		for _, t := range c.Texts {
			_, err := fmt.Fprintf(w, "%s\n%s %s: %s\n%s\n\n%s\n",
				rule, c.Name, c.Version, t.File, rule, t.Text)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// JSON writes all components with their texts as one array.
func JSON(w io.Writer, all []Component) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(all)
}
