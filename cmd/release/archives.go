package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
	"github.com/civicpress/civic-realtime/cmd/release/build"
	"github.com/civicpress/civic-realtime/cmd/release/inventory"
	"github.com/civicpress/civic-realtime/cmd/release/sbom"
)

// archivesCommand makes the archives of a release and the list of what is in them.
type archivesCommand struct {
	sourceFlag
	Out  string   `default:"bin/release" placeholder:"DIR" help:"Folder to write to (bin/release)."`
	Only []string `placeholder:"SYSTEM" help:"Only for these systems, such as linux/amd64."`
}

// Run implements kong's command.
func (f archivesCommand) Run(ctx context.Context) error {
	targets, err := targetsOf(f.Only)
	if err != nil {
		return err
	}
	s, err := f.read(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.Out, 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "civic-realtime-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	return f.make(ctx, s, targets, temp)
}

// make builds the binaries in a temporary folder, and packs them.
func (f archivesCommand) make(
	ctx context.Context, s build.Source, targets []build.Target, temp string,
) error {
	known, err := inventory.Read(s.Dir)
	if err != nil {
		return err
	}
	texts, err := textsOf(known)
	if err != nil {
		return err
	}
	var all []sbom.Binary
	for _, t := range targets {
		b := sbom.Binary{Target: t, File: filepath.Join(temp, build.ArchiveName(s, t))}
		if err := build.Binary(ctx, s, t, b.File); err != nil {
			return err
		}
		name, err := build.Archive(s, t, b.File, texts, f.Out)
		if err != nil {
			return err
		}
		b.Archive = filepath.Join(f.Out, name)
		all = append(all, b)
		fmt.Println(b.Archive)
	}
	list, err := sbom.Document(s, all, known)
	if err != nil {
		return err
	}
	file := filepath.Join(f.Out, sbom.Name(s))
	fmt.Println(file)
	return os.WriteFile(file, list, 0o644)
}

// textsOf returns the licences of all foreign code as one text.
func textsOf(known []licenses.Component) ([]byte, error) {
	var foreign []licenses.Component
	for _, c := range known {
		if c.Origin != licenses.Program {
			foreign = append(foreign, c)
		}
	}
	var text bytes.Buffer
	if err := licenses.List(&text, foreign); err != nil {
		return nil, err
	}
	text.WriteByte('\n')
	err := licenses.Texts(&text, foreign)
	return text.Bytes(), err
}

// sumsCommand writes the checksums of a release, whatever made its files.
type sumsCommand struct {
	Dir string `arg:"" help:"Folder of the release."`
}

// Run implements kong's command.
func (f sumsCommand) Run() error { return build.Sums(f.Dir) }
