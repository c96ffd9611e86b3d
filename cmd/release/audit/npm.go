package audit

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
	"github.com/civicpress/civic-realtime/cmd/release/inventory"
)

// lockName is the name of npm's lists of packages.
const lockName = "package-lock.json"

// vulnerable is a package with vulnerabilities, as npm audit --json prints it.
type vulnerable struct {
	Name     string            `json:"name"`
	Severity string            `json:"severity"`
	Range    string            `json:"range"`
	Via      []json.RawMessage `json:"via"` // names of packages, or vulnerabilities
}

func (v vulnerable) String() string {
	text := fmt.Sprintf("%s %s (%s)", v.Name, v.Range, v.Severity)
	for _, via := range v.Via {
		var advisory struct{ Title, URL string }
		if json.Unmarshal(via, &advisory) == nil && advisory.URL != "" {
			text += fmt.Sprintf("; %s: %s", advisory.Title, advisory.URL)
		}
	}
	return text
}

// NPM checks each package-lock.json below dir. A vulnerability counts as shipped if its package is
// in a script that the binary embeds.
func NPM(
	ctx context.Context, dir string, timeout time.Duration, known []licenses.Component,
) (all []Result, err error) {
	shipped := make(map[string]bool)
	for _, c := range known {
		shipped[c.Name] = c.Origin == licenses.NPM
	}
	var silent string // the reason for which the registry is not asked again
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == "node_modules" || e.Name() == ".git" || e.Name() == "bin"):
			return fs.SkipDir
		case e.Name() == lockName:
			name, err := filepath.Rel(dir, path)
			r := Result{Subject: filepath.ToSlash(name), Unchecked: silent}
			if silent == "" && r.lock(ctx, filepath.Dir(path), timeout, shipped) {
				silent = r.Unchecked
			}
			all = append(all, r)
			return err
		}
		return nil
	})
	return all, err
}

var errNothing = errors.New("npm audit answers nothing")

// lock checks the package-lock.json in a folder, and reports whether nothing has answered in time.
// Only packages of the one that scripts are made of are shipped.
func (r *Result) lock(
	ctx context.Context, dir string, timeout time.Duration, shipped map[string]bool,
) (silent bool) {
	out, failed := run(ctx, dir, timeout, "npm", "audit", "--json", "--package-lock-only")
	var answer struct {
		Message         string                 `json:"message"`
		Vulnerabilities *map[string]vulnerable `json:"vulnerabilities"`
	}
	err := json.Unmarshal(out, &answer)
	switch {
	case err == nil && answer.Vulnerabilities != nil: // npm fails if it finds any
	case err == nil && answer.Message != "":
		r.Unchecked = answer.Message
	default:
		r.Unchecked = cmp.Or(failed, errNothing).Error()
	}
	if answer.Vulnerabilities == nil {
		return errors.Is(failed, errSilent)
	}
	for _, v := range *answer.Vulnerabilities {
		if shipped[v.Name] && r.Subject == inventory.LockFile {
			r.Shipped = append(r.Shipped, v.String())
		} else {
			r.Others = append(r.Others, v.String())
		}
	}
	return false
}
