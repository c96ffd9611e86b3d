package inventory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
	"github.com/civicpress/civic-realtime/cmd/release/build"
)

// linked is a package that is linked into the binary, as go list prints it.
type linked struct {
	ImportPath string
	Dir        string
	Standard   bool
	EmbedFiles []string
	Module     *struct {
		Path, Version, Dir, Sum string
		Main                    bool
		Replace                 *struct{ Path string }
	}
}

// packages returns the packages that are linked into the binary for any target, without
// repetitions.
func packages(ctx context.Context, dir string) (all []linked, err error) {
	seen := make(map[string]bool)
	for _, t := range build.Targets {
		found, err := packagesFor(ctx, dir, t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t, err)
		}
		for _, p := range found {
			if !seen[p.ImportPath] {
				seen[p.ImportPath] = true
				all = append(all, p)
			}
		}
	}
	return all, nil
}

func packagesFor(ctx context.Context, dir string, t build.Target) (all []linked, err error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps",
		"-json=ImportPath,Dir,Standard,EmbedFiles,Module", "./cmd/civic-realtime")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+t.OS, "GOARCH="+t.Arch)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p linked
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// modules returns the components that packages of other modules belong to.
func modules(all []linked) (found []licenses.Component, err error) {
	folders := make(map[string][]string)
	first := make(map[string]linked)
	for _, p := range all {
		if p.Module == nil || p.Module.Main {
			continue
		}
		if p.Module.Replace != nil {
			return nil, fmt.Errorf("%s is replaced: the licence of %s is unknown", p.Module.Path, p.Module.Replace.Path)
		}
		folders[p.Module.Path] = append(folders[p.Module.Path], p.Dir)
		first[p.Module.Path] = p
	}
	for _, path := range slices.Sorted(maps.Keys(folders)) {
		m := first[path].Module
		c := licenses.Component{Origin: licenses.Go, Name: path, Version: m.Version, Sum: m.Sum}
		if err := describe(&c, m.Dir, folders[path]); err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, nil
}

// describe gives a component the licences in the folders of its packages, and above them.
func describe(c *licenses.Component, top string, folders []string) error {
	folders, err := upTo(top, folders)
	if err != nil {
		return err
	}
	texts, ids, err := textsIn(top, folders)
	if err != nil {
		return err
	}
	c.Texts, c.License = texts, expression(ids)
	return nil
}

// standard returns Go's own component. Some systems pack Go without its licence; the one that is
// known already is kept then, as it has been the same for years.
func standard(ctx context.Context, known []licenses.Component) (c licenses.Component, err error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return c, fmt.Errorf("go env: %w", err)
	}
	root := strings.TrimSpace(string(out))
	isStandard := func(c licenses.Component) bool { return c.Name == licenses.Standard }
	i := slices.IndexFunc(known, isStandard)
	if _, err := os.Stat(filepath.Join(root, "LICENSE")); err != nil && i >= 0 {
		return known[i], nil
	}
	c = licenses.Component{Origin: licenses.Go, Name: licenses.Standard}
	return c, describe(&c, root, []string{root})
}
