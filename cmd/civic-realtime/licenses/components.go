package licenses

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// Origins of components.
const (
	Program = "program" // this program itself
	Go      = "go"      // a module, or the standard library
	NPM     = "npm"
)

// Standard is the name of the component that is Go's standard library and runtime.
const Standard = "std"

// Component is a part of the binary with an author and a version of its own.
type Component struct {
	Origin string `json:"origin"`
	// Name is the path of the module, or the name of the npm package.
	Name string `json:"name"`
	// Version is as its registry writes it: v1.2.3 of a module, 1.2.3 of a package. In
	// components.json it is empty for the program and for Standard, which know it themselves.
	Version string `json:"version"`
	// License is an SPDX expression. A module with parts under several licences has all of them,
	// joined by AND.
	License string `json:"license"`
	// Sum is the checksum in go.sum or package-lock.json, empty for the program and for Standard.
	Sum string `json:"sum,omitempty"`
	// Texts are the licences and notices, as the authors want them to be passed on.
	Texts []Text `json:"texts"`
}

// Text is one file of a component.
type Text struct {
	File string `json:"file"` // path in the component
	Text string `json:"text"` // with a newline at the end
}

// embedded is the list as package inventory writes it.
//
//go:embed components.json
var embedded []byte

// File is the name of the list, in the folder of this package.
const File = "components.json"

// All returns all components of the binary, the program first. The versions are those of the
// program and of Go.
func All(program, goVersion string) ([]Component, error) {
	var all []Component
	if err := json.Unmarshal(embedded, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", File, err)
	}
	for i := range all {
		switch {
		case all[i].Origin == Program:
			all[i].Version = program
		case all[i].Name == Standard:
			all[i].Version = goVersion
		}
	}
	return all, nil
}
