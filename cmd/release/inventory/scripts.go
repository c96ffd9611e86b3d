package inventory

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
)

const (
	// script is the name of embedded files that a bundler has made of npm packages.
	script = "bundle.js"
	// scriptTexts is the name of the file next to it that lists the packages. Without one the list
	// is the comment at the end of the script.
	scriptTexts = "licenses.txt"
)

// LockFile has the checksums of all packages of which embedded scripts are made.
const LockFile = "cmd/civic-realtime/e2e/editor/package-lock.json"

// heading matches the line above the licence of a package: its name and version, and maybe the
// licence that its package.json names.
var heading = regexp.MustCompile(`(?m)^(@?[a-z0-9][\w./-]*) (\d+\.\d+\.\d+\S*)(?: \(([^)]+)\))?\n`)

// scripts returns the npm packages in the scripts that packages of this module embed.
func scripts(dir string, all []linked) (found []licenses.Component, err error) {
	sums, err := integrities(filepath.Join(dir, LockFile))
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for _, p := range all {
		for _, name := range p.EmbedFiles {
			if filepath.Base(name) != script {
				continue
			}
			path := filepath.Join(p.Dir, name)
			list, err := packagesOf(path)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			for _, c := range list {
				if c.Sum = sums[c.Name+" "+c.Version]; c.Sum == "" {
					return nil, fmt.Errorf("%s: %s has no %s %s", path, LockFile, c.Name, c.Version)
				}
				if key := c.Name + " " + c.Version; !seen[key] {
					seen[key] = true
					found = append(found, c)
				}
			}
		}
	}
	return found, nil
}

// packagesOf returns the packages that a script is made of.
func packagesOf(path string) (found []licenses.Component, err error) {
	b, err := os.ReadFile(filepath.Join(filepath.Dir(path), scriptTexts))
	text := string(b)
	if errors.Is(err, fs.ErrNotExist) {
		b, err = os.ReadFile(path)
		_, text, _ = strings.Cut(string(b), "\n/*\n")
		text = strings.TrimSuffix(text, "*/\n")
	}
	if err != nil {
		return nil, err
	}
	return parseTexts(text)
}

// parseTexts reads a list of packages with their licences.
func parseTexts(text string) (found []licenses.Component, err error) {
	at := heading.FindAllStringSubmatchIndex(text, -1)
	if len(at) == 0 {
		return nil, errors.New("no list of its packages is in it or next to it")
	}
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		c := licenses.Component{Origin: licenses.NPM}
		c.Name, c.Version = text[m[2]:m[3]], text[m[4]:m[5]]
		license := clean(strings.TrimLeft(text[m[1]:end], "\n"))
		ids, err := licensesIn(license)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		c.License, c.Texts = expression(ids), []licenses.Text{{File: "LICENSE", Text: license}}
		if m[6] >= 0 && text[m[6]:m[7]] != c.License {
			return nil, fmt.Errorf("%s: its text is %s, and its package.json says %s", c.Name, c.License, text[m[6]:m[7]])
		}
		found = append(found, c)
	}
	return found, nil
}

// integrities returns the checksums in a package-lock.json, by name and version.
func integrities(file string) (map[string]string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity string }
	}
	if err := json.Unmarshal(b, &lock); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	sums := make(map[string]string)
	for path, p := range lock.Packages {
		if i := strings.LastIndex(path, "node_modules/"); i >= 0 {
			sums[path[i+len("node_modules/"):]+" "+p.Version] = p.Integrity
		}
	}
	return sums, nil
}
