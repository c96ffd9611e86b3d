package metricset

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Part writes its metrics in the Prometheus text format. It does so while others are written, and
// may be called by several goroutines at once.
type Part interface{ WriteMetrics(w io.Writer) }

// Set has the metrics of all parts of the process. Its methods are safe for concurrent use.
type Set struct {
	described map[string]Description
	aliases   map[string][]string // deprecated names, by the current one

	mu    sync.Mutex // guards everything below; not held while parts write
	parts []Part     // never changed, only replaced
}

// New returns a set of the metrics that the texts describe. Its error names a line that is not a
// description, a name that is described twice, or an earlier name of a metric that is not
// described.
func New(texts ...string) (*Set, error) {
	all, err := parse(strings.Join(texts, "\n"))
	if err != nil {
		return nil, err
	}
	s := &Set{described: make(map[string]Description), aliases: make(map[string][]string)}
	for _, d := range all {
		if s.described[d.Name].Name != "" {
			return nil, fmt.Errorf("%s is described twice", d.Name)
		}
		s.described[d.Name] = d
	}
	return s, s.link()
}

// link gives deprecated names their types.
func (s *Set) link() error {
	for name, d := range s.described {
		if d.Of == "" {
			continue
		}
		current, ok := s.described[d.Of]
		if !ok {
			return fmt.Errorf("%s is deprecated for %s, which is not described", name, d.Of)
		}
		d.Type = current.aliasType(name)
		s.described[name] = d
		s.aliases[d.Of] = append(s.aliases[d.Of], name)
	}
	return nil
}

// Add adds parts, whose metrics the texts of New describe.
func (s *Set) Add(parts ...Part) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts = slices.Concat(s.parts, parts)
}

// all returns the parts.
func (s *Set) all() []Part {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.parts
}

// Descriptions returns the descriptions of all metrics, sorted by name.
func (s *Set) Descriptions() []Description {
	return slices.SortedFunc(maps.Values(s.described), func(a, b Description) int {
		return strings.Compare(a.Name, b.Name)
	})
}

// WriteMetrics writes the metrics of all parts, sorted by name, in the Prometheus text format. A
// metric that is not described is written without type and meaning.
func (s *Set) WriteMetrics(w io.Writer) { s.write(w, func(string) bool { return true }) }

// WritePublic is WriteMetrics without the versions of the program and of Go, which strangers need
// not know.
func (s *Set) WritePublic(w io.Writer) {
	s.write(w, func(name string) bool {
		return !strings.HasSuffix(name, "_info") && !strings.HasSuffix(name, "_info_ext")
	})
}

// write writes those metrics that are shown.
func (s *Set) write(w io.Writer, shown func(name string) bool) {
	var written, out bytes.Buffer
	for _, p := range s.all() {
		p.WriteMetrics(&written)
	}
	samples := s.group(written.Bytes())
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		if !shown(name) {
			continue
		}
		if d, ok := s.described[name]; ok {
			fmt.Fprintf(&out, "# HELP %s %s\n# TYPE %s %s\n", name, d.Help, name, d.Type)
		}
		for _, sample := range samples[name] {
			out.WriteString(name)
			out.Write(sample)
		}
	}
	_, _ = w.Write(out.Bytes()) // fails only if the client has gone
}

// group returns the lines of a text by the metrics that they belong to, each without the metric's
// name at its start. A metric's lines stay in order.
func (s *Set) group(text []byte) map[string][][]byte {
	samples := make(map[string][][]byte)
	for line := range bytes.Lines(text) {
		if line[0] == '#' || line[0] == '\n' {
			continue
		}
		name := s.metricOf(line)
		sample := line[len(name):]
		samples[name] = append(samples[name], sample)
		for _, alias := range s.aliases[name] {
			samples[alias] = append(samples[alias], sample)
		}
	}
	return samples
}

// metricOf returns the metric that a line belongs to.
func (s *Set) metricOf(line []byte) string {
	name := string(line[:bytes.IndexAny(line, "{ ")])
	if _, ok := s.described[name]; ok {
		return name
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && s.described[base].distribution() {
			return base
		}
	}
	return name
}
