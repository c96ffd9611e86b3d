package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine"
)

// authorsConfig sets whether it is kept who wrote what.
type authorsConfig struct {
	Enabled *yamlfile.Toggle `yaml:"enabled"`
	MaxRuns yamlfile.Count   `yaml:"max_runs"` // of a document
}

// documentsConfig maps the nodes and marks of Markdown to their names in the editors.
type documentsConfig struct {
	Preset     string            `yaml:"preset"`
	Fragment   string            `yaml:"fragment"`
	Names      map[string]string `yaml:"names"`      // of nodes and marks, by those of CivicPress
	Attributes map[string]string `yaml:"attributes"` // by "node.attribute" of CivicPress
	GC         *yamlfile.Toggle  `yaml:"gc"`         // false: deleted content is kept, as by Y.Doc's gc

	schema markdown.Schema // made of the fields above
}

var presets = map[string]markdown.Schema{"": {}, "civicpress": {}, "tiptap": markdown.TipTap}

// read overrides the names of the preset with the configured ones.
func (d *documentsConfig) read() error {
	preset, ok := presets[d.Preset]
	if !ok {
		return fmt.Errorf("documents.preset: %q is none of civicpress, tiptap", d.Preset)
	}
	err := errors.Join(
		known("documents.names", d.Names, markdown.Names()),
		known("documents.attributes", d.Attributes, markdown.Attributes()))
	if err != nil {
		return err
	}
	d.schema = markdown.Schema{
		Fragment: d.Fragment,
		Names:    merged(preset.Names, d.Names),
		Attrs:    merged(preset.Attrs, d.Attributes),
	}
	if twice := d.schema.Ambiguous(); twice != "" {
		return fmt.Errorf("documents: %q would be the name of two things", twice)
	}
	return nil
}

func known(where string, given map[string]string, names []string) (err error) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(names, name) {
			err = errors.Join(err, fmt.Errorf("%s: %q is none of %s", where, name, strings.Join(names, ", ")))
		} else if given[name] == "" {
			err = errors.Join(err, fmt.Errorf("%s.%s: must not be empty", where, name))
		}
	}
	return err
}

func merged(under, over map[string]string) map[string]string {
	if under == nil {
		return over
	}
	all := maps.Clone(under)
	maps.Copy(all, over)
	return all
}

// draftsConfig configures when and how edits are saved to CivicPress as drafts.
type draftsConfig struct {
	Quiet    yamlfile.Duration `yaml:"quiet"`
	Interval yamlfile.Duration `yaml:"interval"`
	Patience yamlfile.Duration `yaml:"patience"`
	Poll     yamlfile.Duration `yaml:"poll"`
	Timeout  yamlfile.Duration `yaml:"timeout"`

	MinInterval yamlfile.Duration `yaml:"min_interval"`
	Burst       yamlfile.Count    `yaml:"burst"`
	KeptBytes   yamlfile.Count    `yaml:"kept_bytes"`
}

func (d draftsConfig) apply(c *engine.Config) {
	c.Drafts = engine.Drafts{
		Quiet: time.Duration(d.Quiet), Interval: time.Duration(d.Interval),
		MinInterval: time.Duration(d.MinInterval), Burst: int(d.Burst),
		Patience: time.Duration(d.Patience), KeptBytes: int(d.KeptBytes),
	}
	c.RecordPoll, c.RecordTimeout = time.Duration(d.Poll), time.Duration(d.Timeout)
}
