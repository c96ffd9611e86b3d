package operate

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var upper = regexp.MustCompile(`([a-z])([A-Z])`)

// TestCommandsAreDescribed shows that docs/admin.md has a row for each command, and for no others.
func TestCommandsAreDescribed(t *testing.T) {
	text, err := os.ReadFile("../../../docs/admin.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented, there []string
	for _, row := range regexp.MustCompile("(?m)^\\| `civic-realtime ([a-z-]+)[^|]*\\|").FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, row[1])
	}
	for i := range reflect.TypeFor[Commands]().NumField() {
		there = append(there, strings.ToLower(upper.ReplaceAllString(reflect.TypeFor[Commands]().Field(i).Name, "$1-$2")))
	}
	slices.Sort(documented)
	slices.Sort(there)
	if !slices.Equal(documented, there) {
		t.Errorf("documented are %q, there are %q", documented, there)
	}
}
