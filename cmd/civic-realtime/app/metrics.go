package app

import (
	"fmt"
	"io"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/metricset"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/sockets"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/persist/civicpress"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/admin"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// newMetrics returns the metrics of the process, to which its parts are yet to be added.
func newMetrics() *metricset.Set {
	s, err := metricset.New(
		engine.MetricHelp, transport.MetricHelp, auth.MetricHelp, admin.MetricHelp, bolt.MetricHelp,
		civicpress.MetricHelp, audit.MetricHelp, sockets.MetricHelp,
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
realtime_log_lines_lost_total counter Lines of the log that were dropped, as nobody read them, or not in time.
`

// programMetrics is the metricset.Part about the program itself.
type programMetrics struct{}

// WriteMetrics implements metricset.Part.
func (programMetrics) WriteMetrics(w io.Writer) {
	b := Build()
	fmt.Fprintf(w, "realtime_build_info{version=%q,commit=%q} 1\n", b.Version, b.Commit)
}
