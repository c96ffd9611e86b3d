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
	Dir            string   `default:"bin/release" placeholder:"DIR" help:"Folder for the packages (bin/release)."`
	PackageVersion string   `placeholder:"VERSION" help:"Version of the packages, such as 1.2.3-2 (that of the program, and -1)."`
	Targets        []string `arg:"" optional:"" help:"Systems, such as linux/amd64 (all that have a package)."`
}

// Run implements kong's command.
func (f debCommand) Run(ctx context.Context) error {
	targets, err := f.targets()
	if err != nil {
		return err
	}
	s, err := f.read(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
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

func (f debCommand) targets() (targets []build.Target, err error) {
	for _, name := range f.Targets {
		t, err := build.ParseTarget(name)
		if err != nil {
			return nil, err
		}
		targets = append(targets, t)
	}
	if len(targets) > 0 {
		return targets, nil
	}
	for _, t := range build.Targets {
		if _, ok := debian.Architecture(t); ok {
			targets = append(targets, t)
		}
	}
	return targets, nil
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
	name, err := debian.Build(p, f.Dir)
	if err != nil {
		return err
	}
	fmt.Println(name)
	return nil
}
