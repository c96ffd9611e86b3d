package inventory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
)

var (
	// aboutRights matches the names of files that must be passed on with a binary.
	aboutRights = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense|notice|patents)`)
	// noLicense matches those of them that are no licences.
	noLicense = regexp.MustCompile(`(?i)^(notice|patents)`)
)

// textsIn returns the texts in the folders of a component, and the licences that they have. Names
// of files are paths below top.
func textsIn(top string, folders []string) (texts []licenses.Text, ids []string, err error) {
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range entries {
			name := e.Name()
			if !e.Type().IsRegular() || filepath.Ext(name) == ".go" || !aboutRights.MatchString(name) {
				continue
			}
			text, found, err := readText(top, filepath.Join(folder, e.Name()))
			if err != nil {
				return nil, nil, err
			}
			texts, ids = append(texts, text), append(ids, found...)
		}
	}
	if len(ids) == 0 {
		return nil, nil, fmt.Errorf("%s: has no file with a licence", top)
	}
	return texts, ids, nil
}

func readText(top, path string) (t licenses.Text, ids []string, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return t, nil, err
	}
	if t.File, err = filepath.Rel(top, path); err != nil {
		return t, nil, err
	}
	t.File, t.Text = filepath.ToSlash(t.File), clean(string(b))
	if noLicense.MatchString(filepath.Base(path)) {
		return t, nil, nil
	}
	if ids, err = licensesIn(t.Text); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return t, ids, err
}

// clean returns a text with the same ends of lines everywhere, and one at its end.
func clean(text string) string {
	return strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n \t") + "\n"
}

// upTo returns a folder and all above it up to top, sorted. A folder that does not exist is an
// error of its reader.
func upTo(top string, folders []string) (all []string, err error) {
	for _, folder := range folders {
		for at := folder; ; at = filepath.Dir(at) {
			if rel, err := filepath.Rel(top, at); err != nil || rel == ".." || len(at) < len(top) {
				return nil, errors.Join(fmt.Errorf("%s is not in %s", folder, top), fs.ErrInvalid)
			}
			all = append(all, at)
			if at == top {
				break
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
