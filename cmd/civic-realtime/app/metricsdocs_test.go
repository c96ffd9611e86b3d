package app

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/metricset"
)

var label = regexp.MustCompile(`([a-zA-Z_]+)="([^"]*)"`)

// labelsOf returns the labels of each metric in a text, with their values, except those of buckets
// and quantiles.
func labelsOf(t *testing.T, text string) map[string]map[string][]string {
	t.Helper()
	types, labels := families(text), make(map[string]map[string][]string)
	for _, name := range series(t, text) {
		of := familyOf(types, name)
		for _, l := range label.FindAllStringSubmatch(name, -1) {
			if l[1] == "le" || l[1] == "quantile" {
				continue
			}
			if labels[of] == nil {
				labels[of] = make(map[string][]string)
			}
			if !slices.Contains(labels[of][l[1]], l[2]) {
				labels[of][l[1]] = append(labels[of][l[1]], l[2])
			}
		}
	}
	return labels
}

// metricRow returns the row of docs/metrics.md for a metric. Labels whose values depend on the
// build are named only.
func metricRow(d metricset.Description, labels map[string][]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		text := "`" + name + "`"
		if !strings.HasSuffix(d.Name, "_info") && !strings.HasSuffix(d.Name, "_info_ext") {
			text += ": `" + strings.Join(slices.Sorted(slices.Values(labels[name])), "`, `") + "`"
		}
		all = append(all, text)
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s |", d.Name, d.Type, strings.Join(all, "; "), d.Help)
}

var metricName = regexp.MustCompile("(?m)^\\| `((?:realtime|go|process)_[a-z_]+)` \\|.*$")

// TestMetricsAreDocumented shows that docs/metrics.md has a row for every metric, with its type,
// its labels and their values, and its meaning, and none for others. What a system does not have is
// described all the same.
func TestMetricsAreDocumented(t *testing.T) {
	m := newMetered(t)
	labels := labelsOf(t, m.text())
	rows := make(map[string]string)
	for _, row := range metricName.FindAllStringSubmatch(documentTexts(t)["metrics.md"], -1) {
		if rows[row[1]] != "" {
			t.Errorf("%s has two rows", row[1])
		}
		rows[row[1]] = row[0]
	}
	for _, d := range m.Descriptions() {
		if want := strings.TrimRight(metricRow(d, labels[d.Name]), " "); rows[d.Name] != want {
			t.Errorf("docs/metrics.md has the row\n%s\nand should have\n%s", rows[d.Name], want)
		}
		delete(rows, d.Name)
	}
	for name := range rows {
		t.Errorf("docs/metrics.md has %s, and there is no such metric", name)
	}
}

// TestMetricsInDocuments shows that every metric that a document mentions exists.
func TestMetricsInDocuments(t *testing.T) {
	known := make(map[string]bool)
	for _, d := range newMetrics().Descriptions() {
		known[d.Name] = true
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			known[d.Name+suffix] = d.Type == "histogram" || d.Type == "summary"
		}
	}
	found, texts := 0, documentTexts(t)
	for name, text := range texts {
		for _, metric := range regexp.MustCompile("`(realtime_[a-z_]*[a-z])[`{]").FindAllStringSubmatch(text, -1) {
			if found++; !known[metric[1]] {
				t.Errorf("%s: there is no metric %s", name, metric[1])
			}
		}
	}
	if found < 50 {
		t.Errorf("%d names are too few", found)
	}
}
