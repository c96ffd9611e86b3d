package inventory

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
)

// File is the list that the binary embeds, below the source tree.
const File = "cmd/civic-realtime/licenses/" + licenses.File

// Collect returns the list of all components of the binary that dir has the sources of, as File has
// it. A licence that is unknown, or that must not be in the binary, is an error.
func Collect(ctx context.Context, dir string) ([]byte, error) {
	all, err := packages(ctx, dir)
	if err != nil {
		return nil, err
	}
	known, err := Read(dir)
	if err != nil {
		return nil, err
	}
	program := licenses.Component{Origin: licenses.Program, Name: "civic-realtime"}
	if err := describe(&program, dir, []string{dir}); err != nil {
		return nil, err
	}
	std, err := standard(ctx, known)
	if err != nil {
		return nil, err
	}
	found, err := modules(all)
	if err != nil {
		return nil, err
	}
	npm, err := scripts(dir, all)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(npm, func(a, b licenses.Component) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	var text bytes.Buffer
	err = licenses.JSON(&text, slices.Concat([]licenses.Component{program, std}, found, npm))
	return text.Bytes(), err
}

// Read reads File. Without one there are no components.
func Read(dir string) (all []licenses.Component, err error) {
	b, err := os.ReadFile(filepath.Join(dir, File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", File, err)
	}
	return all, nil
}
