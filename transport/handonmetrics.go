package transport

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/transport/handon"
)

// handOnMetricHelp describes the metrics of connections that are handed on among nodes.
const handOnMetricHelp = `
realtime_connections_from_nodes_total counter Connections that other nodes have handed on to this one.
realtime_connections_handed_on_total counter Connections, and documents of connections with several, that were handed on to the node that has their room.
realtime_connections_held gauge Connections that wait, before their handshake is answered, for the owner of their room.
realtime_handon_failures_total counter Connections that a node could not be handed, by reason; they wait, and are tried again.
realtime_handon_seconds histogram Time to hand a connection on: to connect to the other node, and to get its answer.
realtime_holds_ended_total counter Ends of such waits, by result.
realtime_max_held_connections gauge Limit on connections that wait for the owner of their room (cluster.held_connections).
realtime_peer_sessions gauge Connections to other nodes, each of which carries many connections that were handed on.
realtime_relayed_bytes_total counter Bytes of connections and documents that were handed on, by direction, without TLS.
realtime_relays gauge Connections that were handed on and have not ended, and documents of others that other nodes serve.
realtime_relays_aborted_total counter Connections and documents that were handed on and were ended by the regular check, by reason.
`

// heldEnd is the end of a wait for the owner of a room. It is a label of a metric.
type heldEnd int

const (
	heldServed   heldEnd = iota // the room is served here
	heldHandedOn                // by another node
	heldTimeout                 // it took too long
	heldLeft                    // the client has closed the connection
	heldFull                    // too many wait
	heldDraining                // this node is shutting down
	heldEnds
)

var heldEndNames = [heldEnds]string{"served", "handed_on", "timeout", "left", "full", "draining"}

// handOnCounters are counters of connections that are handed on.
type handOnCounters struct {
	handedOn, fromNodes         *metrics.Counter
	handOn                      *metrics.PrometheusHistogram
	heldEnds                    [heldEnds]*metrics.Counter
	relaysStalled, relaysSilent *metrics.Counter
	handOnFailures              map[string]*metrics.Counter // by reason
}

// unreachable is the reason for which a connection is not handed on, if the node has not answered.
const unreachable = "unreachable"

func newHandOnCounters(s *metrics.Set) (c handOnCounters) {
	c.handedOn = s.NewCounter("realtime_connections_handed_on_total")
	c.fromNodes = s.NewCounter("realtime_connections_from_nodes_total")
	c.handOn = s.NewPrometheusHistogramExt("realtime_handon_seconds",
		metrics.ExponentialBuckets(0.0005, 2, 14))
	for end, name := range heldEndNames {
		c.heldEnds[end] = s.NewCounter(fmt.Sprintf("realtime_holds_ended_total{result=%q}", name))
	}
	aborted := func(reason string) *metrics.Counter {
		return s.NewCounter(fmt.Sprintf("realtime_relays_aborted_total{reason=%q}", reason))
	}
	c.relaysStalled, c.relaysSilent = aborted("stalled"), aborted("silent")
	c.handOnFailures = map[string]*metrics.Counter{}
	for _, reason := range append(handon.Refusals(), unreachable) {
		c.handOnFailures[reason] = s.NewCounter(
			fmt.Sprintf("realtime_handon_failures_total{reason=%q}", reason))
	}
	return c
}

// handOnFailed counts a connection that is not handed on. Unknown answers are of later versions.
func (c *handOnCounters) handOnFailed(reason string) {
	counter := c.handOnFailures[reason]
	if counter == nil {
		counter = c.handOnFailures[handon.BadPreamble.String()]
	}
	counter.Inc()
}
