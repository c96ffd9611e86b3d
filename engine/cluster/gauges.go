package cluster

import (
	"io"

	"github.com/VictoriaMetrics/metrics"
)

// gauges registers the metrics that are read from the Node's state.
func (n *Node) gauges(s *metrics.Set) {
	gauge := func(name string, value func() int) {
		s.NewGauge(name, func() float64 {
			n.mu.Lock()
			defer n.mu.Unlock()
			return float64(value())
		})
	}
	gauge("realtime_cluster_nodes", func() int { return len(n.peers) })
	gauge("realtime_cluster_rooms", func() int { return len(n.held) })
	gauge("realtime_cluster_takes_waiting", func() int { return n.waiting })
	gauge("realtime_cluster_rooms_unreachable", func() int { return len(n.blocked) })
}

// WriteMetrics writes the metrics of Config.Metrics in the text format. MetricHelp describes those
// of the Node.
func (n *Node) WriteMetrics(w io.Writer) { n.c.Metrics.WritePrometheus(w) }
