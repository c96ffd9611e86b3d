package certs

import (
	"fmt"
	"io"
)

// MetricHelp describes the metrics that WriteMetrics writes: in each line the name, the type and
// the meaning of one.
const MetricHelp = `
realtime_tls_certificate_expiry_timestamp_seconds gauge When the TLS certificate in use expires, in Unix time, by listener.
realtime_tls_certificate_reloads_total counter TLS certificates that were replaced, or could not be, by listener and outcome.
`

// WriteMetrics writes metrics in the Prometheus text format.
func WriteMetrics(w io.Writer, pairs ...*Pair) {
	for _, p := range pairs {
		fmt.Fprintf(w, "realtime_tls_certificate_expiry_timestamp_seconds{listener=%q} %d\n",
			p.listener, p.Expires().Unix())
	}
	for _, p := range pairs {
		fmt.Fprintf(w, "realtime_tls_certificate_reloads_total{listener=%q,outcome=\"ok\"} %d\n",
			p.listener, p.loaded.Load())
		fmt.Fprintf(w, "realtime_tls_certificate_reloads_total{listener=%q,outcome=\"failed\"} %d\n",
			p.listener, p.failed.Load())
	}
}
