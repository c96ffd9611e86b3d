package app

import (
	"cmp"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/memory"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/metricset"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/sandbox"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/sockets"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/nodestore"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/persist/civicpress"
	"github.com/civicpress/civic-realtime/persist/hooks"
	"github.com/civicpress/civic-realtime/persist/redis"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/admin"
	"github.com/civicpress/civic-realtime/transport/admin/fanout"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/certs"
	"github.com/civicpress/civic-realtime/transport/documents"
	"github.com/civicpress/civic-realtime/transport/webhooks"
)

// newMetrics returns the metrics of the process, to which its parts are yet to be added.
func newMetrics() *metricset.Set {
	s, err := metricset.New(
		engine.MetricHelp, transport.MetricHelp, auth.MetricHelp, admin.MetricHelp, bolt.MetricHelp,
		civicpress.MetricHelp, audit.MetricHelp, sockets.MetricHelp, certs.MetricHelp,
		hooks.MetricHelp, memory.MetricHelp, cluster.MetricHelp, nodestore.MetricHelp,
		redis.MetricHelp, fanout.MetricHelp, documents.MetricHelp, webhooks.MetricHelp,
		sandbox.MetricHelp,
		metricHelp, metricset.ProcessHelp)
	if err != nil {
		panic(err) // all texts are constants
	}
	s.Add(programMetrics{}, metricset.Process{})
	return s
}

// addMetrics adds those parts that have metrics.
func addMetrics(s *metricset.Set, parts ...any) {
	for _, part := range parts {
		if p, ok := part.(metricset.Part); ok {
			s.Add(p)
		}
	}
}

// metricHelp describes the metrics of this package.
const metricHelp = `
realtime_build_info gauge 1, with the version of the program.
realtime_config_reloads_total counter Reloads of the configuration, by outcome: ok, or failed, which change nothing.
realtime_config_reloaded_timestamp_seconds gauge Time of the start, or of the last reload that was ok, in seconds since 1970.
realtime_log_lines_lost_total counter Lines of the log that were dropped, as nobody read them, or not in time.
`

// programMetrics is the metricset.Part about the program itself.
type programMetrics struct{}

// WriteMetrics implements metricset.Part.
func (programMetrics) WriteMetrics(w io.Writer) {
	b := Build()
	fmt.Fprintf(w, "realtime_build_info{version=%q,commit=%q} 1\n", b.Version, b.Commit)
}

// reloadMetrics count reloads of the configuration. The zero value is ready.
type reloadMetrics struct {
	ok, failed atomic.Uint64
	last       atomic.Int64 // Unix time of the last that was ok; 0: none was
}

// count counts a reload that ended with err.
func (m *reloadMetrics) count(err error) {
	if err != nil {
		m.failed.Add(1)
		return
	}
	m.ok.Add(1)
	m.last.Store(time.Now().Unix())
}

var started = time.Now().Unix()

// WriteMetrics implements metricset.Part.
func (m *reloadMetrics) WriteMetrics(w io.Writer) {
	fmt.Fprintf(w, "realtime_config_reloads_total{outcome=\"ok\"} %d\n", m.ok.Load())
	fmt.Fprintf(w, "realtime_config_reloads_total{outcome=\"failed\"} %d\n", m.failed.Load())
	at := cmp.Or(m.last.Load(), started)
	fmt.Fprintf(w, "realtime_config_reloaded_timestamp_seconds %d\n", at)
}
