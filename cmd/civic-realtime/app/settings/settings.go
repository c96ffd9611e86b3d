package settings

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// Origin is the source of a value.
type Origin struct {
	From Source
	Name string // of the file, the variable or the flag
	Line int    // in the file
}

// Source is a kind of sources. Later ones take precedence.
type Source int

const (
	Default Source = iota
	File
	Environment
	Flag
)

// String returns the name of the source in outputs.
func (s Source) String() string { return [...]string{"default", "file", "environment", "flag"}[s] }

// String returns the origin for people: "default", "realtime.yml:12", a variable, or a flag.
func (o Origin) String() string {
	switch o.From {
	case Default:
		return "default"
	case File:
		return fmt.Sprintf("%s:%d", filepath.ToSlash(o.Name), o.Line)
	}
	return o.Name
}

// Settings are a struct, and the origins of its values.
type Settings struct {
	into    any // pointer to the struct
	keys    []yamlfile.Path
	origins map[string]Origin // of the values that are set

	// File is the name of the file that was read; empty: none was.
	File string
	// Remarks are warnings about the sources.
	Remarks []string
	errs    []error
}

// New returns settings that fill in the struct that into points to.
func New(into any) *Settings {
	keys := yamlfile.Keys(reflect.TypeOf(into).Elem())
	return &Settings{into: into, keys: keys, origins: make(map[string]Origin)}
}

// Err returns all errors in the sources, each with its place.
func (s *Settings) Err() error { return errors.Join(s.errs...) }

// Origin returns where the value of a key came from.
func (s *Settings) Origin(key string) Origin { return s.origins[key] }

// Has reports whether a key was set, by any source.
func (s *Settings) Has(key string) bool { return s.origins[key].From != Default }

// ReadFile reads the keys below outer of a file. foreign is as for yamlfile.Open.
func (s *Settings) ReadFile(name, outer string, foreign func(yamlfile.Path) string) {
	s.File = name
	f, err := yamlfile.Open(name, foreign)
	if err != nil {
		s.errs = append(s.errs, err)
		return
	}
	f.Decode(outer, s.into)
	for key, line := range f.Places() {
		s.origins[key] = Origin{File, name, line}
	}
	s.Remarks = append(s.Remarks, f.Warnings()...)
	if err := f.Err(); err != nil {
		s.errs = append(s.errs, err)
	}
}

// KeepOrigin gives a key the origin that it has in others: its value is theirs.
func (s *Settings) KeepOrigin(key string, others *Settings) {
	if o, set := others.origins[key]; set {
		s.origins[key] = o
	} else {
		delete(s.origins, key)
	}
}

// Set sets a key to the value that text stands for, which takes the place of that of an earlier
// source. A wrong value is an error.
func (s *Settings) Set(key, text string, from Origin) {
	if wants := yamlfile.Set(s.into, strings.Split(key, "."), text); wants != "" {
		s.errs = append(s.errs, fmt.Errorf("%s: %q is not %s", from.Name, text, wants))
		return
	}
	s.origins[key] = from
	if other := s.other(key); other != "" && s.origins[other].From < from.From {
		_ = yamlfile.Set(s.into, strings.Split(other, "."), "") // the zero value of a text
		delete(s.origins, other)
	}
}

// other returns the key with the other form of a setting, "" if it has only one.
func (s *Settings) other(key string) string {
	other, isFile := strings.CutSuffix(key, "_file")
	if !isFile {
		other += "_file"
	}
	known := func(p yamlfile.Path) bool { return p.String() == other }
	if !slices.ContainsFunc(s.keys, known) {
		return ""
	}
	return other
}

// Fail adds an error.
func (s *Settings) Fail(err error) { s.errs = append(s.errs, err) }

// Locate adds to each line of an error that begins with a key the origin of its value.
func (s *Settings) Locate(err error) error {
	if err == nil {
		return nil
	}
	var all []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		key, _, found := strings.Cut(line, ":")
		if o, set := s.origins[key]; found && set {
			line += " (" + o.String() + ")"
		}
		all = append(all, errors.New(line))
	}
	return errors.Join(all...)
}
