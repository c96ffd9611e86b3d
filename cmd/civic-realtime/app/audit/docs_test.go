package audit

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// row is a row of a table in docs/audit.md: the names in its first cell, and the last cell.
type row struct {
	names []string
	last  string
}

var quoted = regexp.MustCompile("`([a-z_]+)`")

func namesIn(text string) (names []string) {
	for _, m := range quoted.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

// documented returns the rows of the table below a heading.
func documented(t *testing.T, heading string) (rows []row) {
	t.Helper()
	text, err := os.ReadFile("../../../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text2, _ := strings.Cut(string(text), "\n## "+heading+"\n")
	section, _, _ := strings.Cut(text2, "\n## ")
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if strings.HasPrefix(line, "| `") {
			rows = append(rows, row{namesIn(cells[0]), cells[len(cells)-1]})
		}
	}
	return rows
}

// fields returns the names of a line's fields in JSON.
func fields() (names []string) {
	for i := range reflect.TypeFor[Line]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[Line]().Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// TestDocumented shows that docs/audit.md has a row for each kind and each field, in their order,
// and no other, and that the fields of each kind are fields of a line.
func TestDocumented(t *testing.T) {
	var kinds, named []string
	used := []string{"time", "kind"}
	for _, r := range documented(t, "Kinds") {
		kinds = append(kinds, r.names...)
		for _, name := range namesIn(r.last) {
			if !slices.Contains([]string{"admin", "edit", "view"}, name) {
				used = append(used, name)
			}
		}
	}
	for _, r := range documented(t, "Fields") {
		named = append(named, r.names...)
	}
	var want []string
	for _, k := range Kinds {
		want = append(want, string(k))
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("kinds %q, want %q", kinds, want)
	}
	all := fields()
	for _, name := range used {
		if !slices.Contains(all, name) {
			t.Errorf("there is no field %s", name)
		}
	}
	for _, name := range all {
		if !slices.Contains(named, name) || !slices.Contains(used, name) {
			t.Errorf("%s is not documented, or no kind has it", name)
		}
	}
	if len(named) != len(all) {
		t.Errorf("%d fields are documented, want %d", len(named), len(all))
	}
}

// TestEventsAreDocumented shows that the row of each kind names all fields that lines about events
// of that kind have.
func TestEventsAreDocumented(t *testing.T) {
	byKind := map[string][]string{}
	for _, r := range documented(t, "Kinds") {
		byKind[r.names[0]] = append(namesIn(r.last), "time", "kind")
	}
	member := regexp.MustCompile(`"([a-z_]+)":`)
	for kind, e := range examples() {
		l, ok := Of(e)
		if !ok {
			continue
		}
		for _, m := range member.FindAllStringSubmatch(string(l.encode()), -1) {
			if !slices.Contains(byKind[string(l.Kind)], m[1]) {
				t.Errorf("%v: %s is not documented for %s", kind, m[1], l.Kind)
			}
		}
	}
}
