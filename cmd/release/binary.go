package main

import (
	"context"
	"fmt"
	"os"

	"github.com/civicpress/civic-realtime/cmd/release/build"
)

// sourceFlag is the flag of all commands that build.
type sourceFlag struct {
	Source string `default:"." placeholder:"DIR" help:"Source tree (the current directory)."`
}

// read reads the source tree, and warns of changes that no commit has.
func (f sourceFlag) read(ctx context.Context) (build.Source, error) {
	s, err := build.ReadSource(ctx, f.Source)
	if err == nil && s.Modified {
		fmt.Fprintln(os.Stderr, "release: files differ from the commit: the binaries say", s.Name())
	}
	return s, err
}

// targetsOf returns the systems with these names; without any all that releases are for.
func targetsOf(names []string) (all []build.Target, err error) {
	if len(names) == 0 {
		return build.Targets, nil
	}
	for _, name := range names {
		t, err := build.ParseTarget(name)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// binaryCommand builds one binary, and prints its version.
type binaryCommand struct {
	sourceFlag
	Target string `arg:"" help:"System, such as linux/amd64."`
	File   string `arg:"" help:"File to write."`
}

// Run implements kong's command.
func (f binaryCommand) Run(ctx context.Context) error {
	t, err := build.ParseTarget(f.Target)
	if err != nil {
		return err
	}
	s, err := f.read(ctx)
	if err != nil {
		return err
	}
	if err := build.Binary(ctx, s, t, f.File); err != nil {
		return err
	}
	fmt.Println(s.Version)
	return nil
}
