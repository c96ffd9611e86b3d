package build

import (
	"fmt"
	"slices"
	"strings"
)

// Target is a system that a binary is built for, in Go's words.
type Target struct{ OS, Arch string }

// Targets has the systems of a release, in the order of its files.
var Targets = []Target{
	{"linux", "amd64"}, {"linux", "arm64"}, {"linux", "386"},
	{"darwin", "amd64"}, {"darwin", "arm64"}, {"freebsd", "amd64"},
}

// String returns the form that ParseTarget reads, such as "linux/amd64".
func (t Target) String() string { return t.OS + "/" + t.Arch }

// ParseTarget reads the name of one of Targets.
func ParseTarget(name string) (Target, error) {
	i := slices.IndexFunc(Targets, func(t Target) bool { return t.String() == name })
	if i < 0 {
		var names []string
		for _, t := range Targets {
			names = append(names, t.String())
		}
		return Target{}, fmt.Errorf("%q is none of %s", name, strings.Join(names, ", "))
	}
	return Targets[i], nil
}
