package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/civicpress/civic-realtime/cmd/release/build"
	"github.com/civicpress/civic-realtime/cmd/release/debian"
)

// debCommand builds the Debian packages, and prints their paths.
type debCommand struct {
	sourceFlag
	Out            string   `default:"bin/release" placeholder:"DIR" help:"Folder to write to (bin/release)."`
	Only           []string `placeholder:"SYSTEM" help:"Only for these systems, such as linux/amd64; those without packages are left out."`
	PackageVersion string   `placeholder:"VERSION" help:"Version of the packages, such as 1.2.3-2 (that of the program, and -1)."`
}

// Run implements kong's command.
func (f debCommand) Run(ctx context.Context) error {
	targets, err := f.targets()
	if err != nil || len(targets) == 0 {
		return err
	}
	s, err := f.read(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.Out, 0o755); err != nil {
		return err
	}
	help, err := debian.ReadHelp(ctx, s)
	if err != nil {
		return err
	}
	for _, t := range targets {
		p := debian.Package{Source: s, Target: t, Version: f.PackageVersion, Help: help}
		if err := f.pack(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// targets returns the systems that were asked for and have a package.
func (f debCommand) targets() (targets []build.Target, err error) {
	all, err := targetsOf(f.Only)
	for _, t := range all {
		if _, ok := debian.Architecture(t); ok {
			targets = append(targets, t)
		}
	}
	return targets, err
}

// pack builds the binary of a package, and the package.
func (f debCommand) pack(ctx context.Context, p debian.Package) error {
	dir, err := os.MkdirTemp("", "civic-realtime-deb-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p.Binary = filepath.Join(dir, debian.Name)
	if err := build.Binary(ctx, p.Source, p.Target, p.Binary); err != nil {
		return err
	}
	name, err := debian.Build(p, f.Out)
	if err != nil {
		return err
	}
	fmt.Println(name)
	return nil
}
