package fanout

import (
	"io"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// MetricHelp describes the metrics that Prober.WriteMetrics writes: in each line the name, the type
// and the meaning of one.
const MetricHelp = `
realtime_node_clock_difference_seconds gauge Largest difference to the clock of another node, at the last probe.
realtime_node_probe_seconds histogram Time that another node took to answer a probe.
realtime_node_probes_failed_total counter Probes that another node has not answered within a second.
realtime_nodes gauge Live nodes, this one included.
realtime_nodes_silent gauge Live nodes that have not answered the last probe.
`

// counters are the metrics of a Prober. All are there from the start.
type counters struct {
	set    *metrics.Set
	took   *metrics.PrometheusHistogram
	failed *metrics.Counter
}

// bounds are the upper bounds of the classes of the histogram, in seconds.
var bounds = []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1}

func newCounters() *counters {
	set := metrics.NewSet()
	return &counters{
		set:    set,
		took:   set.NewPrometheusHistogramExt("realtime_node_probe_seconds", bounds),
		failed: set.NewCounter("realtime_node_probes_failed_total"),
	}
}

// gauges adds those that are read from p.
func (p *Prober) gauges() {
	set := p.counters.set
	set.NewGauge("realtime_nodes", func() float64 { return float64(len(p.others()) + 1) })
	set.NewGauge("realtime_nodes_silent", func() float64 { return float64(p.silent.Load()) })
	set.NewGauge("realtime_node_clock_difference_seconds", func() float64 {
		return time.Duration(p.drift.Load()).Seconds()
	})
}

// WriteMetrics writes the metrics in the Prometheus text format.
func (p *Prober) WriteMetrics(w io.Writer) { p.counters.set.WritePrometheus(w) }
