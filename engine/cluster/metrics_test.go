package cluster_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// TestMetricHelp shows that MetricHelp has the metrics that a Node writes, and no others, and that
// they count.
func TestMetricHelp(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a := w.start("a:1")
		a.take(t, "room")
		var text bytes.Buffer
		a.WriteMetrics(&text)
		var written, described []string
		for line := range strings.Lines(text.String()) {
			name, _, _ := strings.Cut(strings.Fields(line)[0], "{")
			name = regexp.MustCompile("_(bucket|sum|count)$").ReplaceAllString(name, "")
			written = append(written, name)
		}
		for line := range strings.Lines(strings.TrimSpace(cluster.MetricHelp)) {
			described = append(described, strings.Fields(line)[0])
		}
		slices.Sort(written)
		slices.Sort(described)
		same(t, slices.Compact(written), described...)
		for _, line := range []string{
			"realtime_cluster_nodes 1\n", "realtime_cluster_rooms 1\n",
			"realtime_cluster_leases_taken_total 1\n",
		} {
			if !strings.Contains(text.String(), line) {
				t.Errorf("%q is not in\n%s", line, &text)
			}
		}
	})
}
