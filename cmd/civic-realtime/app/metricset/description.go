package metricset

import (
	"fmt"
	"slices"
	"strings"
)

// Description says what a metric is.
type Description struct {
	Name string
	Type string // counter, gauge, histogram, summary or untyped
	Help string // one sentence or more, in one line
	Of   string // the current name, if Name is deprecated
}

var types = []string{"counter", "gauge", "histogram", "summary"}

// deprecated stands in the place of a type for an earlier name of a metric.
const deprecated = "deprecated"

// parse reads a text with one description a line. Empty lines are ignored.
func parse(text string) (all []Description, err error) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		d, err := parseLine(line)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

func parseLine(line string) (Description, error) {
	name, rest, _ := strings.Cut(line, " ")
	kind, help, _ := strings.Cut(rest, " ")
	switch {
	case kind == deprecated && help != "":
		return Description{Name: name, Of: help, Help: "Deprecated: use " + help + "."}, nil
	case !slices.Contains(types, kind):
		return Description{}, fmt.Errorf("%q is no type: %s", kind, line)
	case help == "" || strings.Contains(help, `\`):
		return Description{}, fmt.Errorf("no meaning, or one with a backslash: %s", line)
	}
	return Description{Name: name, Type: kind, Help: help}, nil
}

// distribution reports whether the metric has buckets or quantiles, a sum and a count.
func (d Description) distribution() bool { return d.Type == "histogram" || d.Type == "summary" }

// aliasType returns the type of a deprecated name of d. The name of a counter must end with
// "_total", and that of nothing else may.
func (d Description) aliasType(alias string) string {
	counter := strings.HasSuffix(alias, "_total")
	if reserved := strings.HasSuffix(alias, "_count"); reserved || counter != (d.Type == "counter") {
		return "untyped"
	}
	return d.Type
}
