package engine

import (
	"fmt"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/awareness"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// counters are the metrics of an Engine, in a set of their own.
type counters struct {
	set *metrics.Set

	rooms, peers *metrics.Gauge
	messages     traffic // received
	written      traffic
	invalid      []*metrics.Counter                    // by invalidReason
	byProtocol   [len(protocol.All) + 1]*metrics.Gauge // peers, by protocol.Number
	merged       *metrics.Counter
	roomFull     *metrics.Counter
	maxRooms     *metrics.Counter
	large        *metrics.Counter
	veryLarge    *metrics.Counter
	slow         [operations]*metrics.Counter
	denials      map[*Denial]*metrics.Counter
	otherDenials *metrics.Counter
	pendingDrops *metrics.Counter
	batches      *metrics.Counter
	bytes        *metrics.Counter
	overflows    *metrics.Counter
	resyncs      *metrics.Counter
	refusedRows  *metrics.Counter // room.rowRefused
	save         *metrics.PrometheusHistogram
	saves        *metrics.Counter
	delay        *metrics.PrometheusHistogram // of updates, from their merge to their broadcast
	saveFailures *metrics.Counter
	failingSaves *metrics.Gauge // in a row
	largeSaves   *metrics.Counter
	kept         *metrics.Gauge // bytes of kept pieces of snapshots
	load         *metrics.PrometheusHistogram
	loadFailures *metrics.Counter
	quarantined  *metrics.Counter // damaged rooms that began anew with their record
	compressed   *metrics.Gauge
	crashes      *metrics.Counter
	delayedRooms *metrics.Gauge   // room.commit.delayed
	heldLocks    *metrics.Counter // lockOwner.Go

	presenceDropped [awareness.Limits]*metrics.Counter
	stateless       [statelessOutcomes]*metrics.Counter
	mismatches      [conflictKinds]*metrics.Counter // by conflict; there is none for noConflict

	compactionFailures *metrics.Counter
	overBudget         *metrics.Counter // attempts that took more than IntegrationSteps

	droppedAuthors *metrics.Counter

	unpublished    *metrics.Counter
	expired        *metrics.Counter
	deleted        *metrics.Counter
	deletedJoins   *metrics.Counter
	formerClients  *metrics.Counter
	versionsKept   *metrics.Counter
	versionsAged   *metrics.Counter
	namedRefused   *metrics.Counter
	roomsRefused   *metrics.Counter
	controlsDenied *metrics.Counter
	disowned       *metrics.Counter // room.disown
	handedOver     *metrics.Counter
	tooManyLocks   *metrics.Counter
	tooManyBans    *metrics.Counter
}

// latencies are the bounds of buckets of times, in seconds: from half a millisecond to 16 s.
var latencies = metrics.ExponentialBuckets(0.0005, 2, 16)

func newCounters() *counters {
	c := &counters{set: metrics.NewSet()}
	c.addEditing()
	c.addStorage()
	c.addSteering()
	c.addLabelled()
	c.messages = newTraffic(c.set, "realtime_received_messages_total", fromServers)
	c.written = newTraffic(c.set, "realtime_sent_messages_total", fromClients)
	return c
}

// addEditing adds the counters of peers, updates and messages.
func (c *counters) addEditing() {
	s := c.set
	c.peers = s.NewGauge("realtime_peers", nil)
	c.roomFull = s.NewCounter(`realtime_connections_refused_total{limit="peers_per_room"}`)
	c.merged = s.NewCounter("realtime_updates_merged_total")
	c.large = s.NewCounter("realtime_large_documents_total")
	c.veryLarge = s.NewCounter("realtime_very_large_documents_total")
	c.pendingDrops = s.NewCounter("realtime_pending_drops_total")
	c.batches = s.NewCounter("realtime_batches_total")
	c.bytes = s.NewCounter("realtime_sent_bytes_total")
	c.overflows = s.NewCounter("realtime_queue_overflows_total")
	c.resyncs = s.NewCounter("realtime_resyncs_total")
	c.delay = s.NewPrometheusHistogramExt("realtime_update_delay_seconds", latencies)
	c.overBudget = s.NewCounter("realtime_integration_budget_exceeded_total")
	c.compactionFailures = s.NewCounter("realtime_compaction_failures_total")
	c.droppedAuthors = s.NewCounter("realtime_author_runs_dropped_total")
	c.unpublished = s.GetOrCreateCounter("realtime_unpublished_refusals_total")
}

// addStorage adds the counters of rooms, and of what the store has of them.
func (c *counters) addStorage() {
	s := c.set
	c.rooms = s.NewGauge("realtime_rooms", nil)
	c.maxRooms = s.NewCounter(`realtime_connections_refused_total{limit="rooms"}`)
	c.roomsRefused = s.NewCounter("realtime_rooms_refused_total")
	c.compressed = s.NewGauge("realtime_compressed_rooms", nil)
	c.crashes = s.NewCounter("realtime_room_crashes_total")
	c.delayedRooms = s.NewGauge("realtime_delayed_rooms", nil)
	c.heldLocks = s.NewCounter("realtime_room_lock_waits_total")
	c.load = s.NewPrometheusHistogramExt("realtime_room_load_seconds", latencies)
	c.loadFailures = s.NewCounter("realtime_room_load_failures_total")
	c.refusedRows = s.NewCounter("realtime_journal_refused_rows_total")
	c.save = s.NewPrometheusHistogramExt("realtime_snapshot_seconds", latencies)
	c.saves = s.NewCounter("realtime_snapshot_saves_total")
	c.saveFailures = s.NewCounter("realtime_snapshot_failures_total")
	c.failingSaves = s.NewGauge("realtime_snapshot_consecutive_failures", nil)
	c.largeSaves = s.NewCounter("realtime_large_snapshots_total")
	c.kept = s.NewGauge("realtime_snapshot_kept_bytes", nil)
	c.quarantined = s.NewCounter("realtime_rooms_set_aside_total")
	c.expired = s.NewCounter("realtime_expired_rooms_total")
	c.disowned = s.NewCounter("realtime_disowned_rooms_total")
	c.handedOver = s.NewCounter("realtime_handed_over_rooms_total")
}

// addSteering adds the counters of what administrators and programs have done to rooms.
func (c *counters) addSteering() {
	s := c.set
	c.deleted = s.NewCounter("realtime_deleted_documents_total")
	c.deletedJoins = s.NewCounter("realtime_deleted_document_joins_total")
	c.formerClients = s.NewCounter("realtime_deleted_document_clients_total")
	c.versionsKept = s.NewCounter("realtime_versions_kept_total")
	c.versionsAged = s.NewCounter("realtime_versions_expired_total")
	c.namedRefused = s.NewCounter("realtime_named_versions_refused_total")
	c.controlsDenied = s.NewCounter("realtime_control_messages_denied_total")
	c.tooManyLocks = s.NewCounter(`realtime_decisions_refused_total{limit="locks"}`)
	c.tooManyBans = s.NewCounter(`realtime_decisions_refused_total{limit="bans"}`)
}

// addLabelled adds the counters of which there is one for each value of a label.
func (c *counters) addLabelled() {
	s := c.set
	for i := range c.byProtocol {
		name := fmt.Sprintf("realtime_protocol_peers{protocol=%q}", protocolName(i))
		c.byProtocol[i] = s.NewGauge(name, nil)
	}
	for op, name := range operationNames {
		c.slow[op] = s.NewCounter(fmt.Sprintf("realtime_slow_operations_total{operation=%q}", name))
	}
	for limit := range awareness.Limits {
		name := fmt.Sprintf("realtime_presence_dropped_total{limit=%q}", limit)
		c.presenceDropped[limit] = s.NewCounter(name)
	}
	for outcome, label := range statelessOutcomeNames {
		name := fmt.Sprintf("realtime_stateless_messages_total{outcome=%q}", label)
		c.stateless[outcome] = s.NewCounter(name)
	}
	for _, why := range []conflict{lacksUpdate, versionAhead} {
		name := fmt.Sprintf("realtime_version_mismatches_total{reason=%q}", conflictNames[why])
		c.mismatches[why] = s.NewCounter(name)
	}
	c.denials = make(map[*Denial]*metrics.Counter)
	for _, why := range []*Denial{
		ErrReadOnly, ErrLocked, ErrEditingOff, ErrMessageTooLarge, ErrDocumentTooLarge,
		errMissing, errInvalidUpdate,
	} {
		name := fmt.Sprintf("realtime_updates_denied_total{code=%q}", why.Code)
		c.denials[why] = s.GetOrCreateCounter(name)
	}
	c.otherDenials = s.NewCounter(`realtime_updates_denied_total{code="other"}`)
	for i := range len(invalidReasons) + 1 {
		reason := otherLabel
		if i < len(invalidReasons) {
			reason = invalidReasons[i].Error()
		}
		name := fmt.Sprintf("realtime_invalid_messages_total{reason=%q}", reason)
		c.invalid = append(c.invalid, s.GetOrCreateCounter(name))
	}
}

// addGauges adds the gauges that are read from e when they are written.
func (c *counters) addGauges(e *Engine) {
	gauge := func(name string, value func() int64) {
		c.set.NewGauge(name, func() float64 { return float64(value()) })
	}
	c.set.NewGauge("realtime_held_update_bytes", e.compactor.holds)
	gauge("realtime_occupied_rooms", e.occupied.Load)
	gauge("realtime_max_rooms", func() int64 { return int64(e.cfg().Rooms) })
}

// joined counts a peer, until left.
func (c *counters) joined(p protocol.Protocol) {
	c.peers.Inc()
	c.byProtocol[protocol.Number(p)].Inc()
}

func (c *counters) left(p protocol.Protocol) {
	c.peers.Dec()
	c.byProtocol[protocol.Number(p)].Dec()
}

// received counts a message of a client.
func (c *counters) received(p protocol.Protocol, k protocol.Kind) {
	c.messages[protocol.Number(p)][k].Inc()
}

func (c *counters) denied(why *Denial) {
	if counter := c.denials[why]; counter != nil {
		counter.Inc()
		return
	}
	c.otherDenials.Inc()
}

// refused counts a malformed message.
func (c *counters) refused(reason error) { c.invalid[invalidReason(reason)].Inc() }

// sent counts messages that were written. Equal ones in a row are counted together.
func (c *counters) sent(b *outbound.Batch) {
	n := 0
	for _, f := range b.Frames {
		n += len(f)
	}
	c.bytes.Add(n)
	for i, start := 0, 0; i < len(b.Labels); i++ {
		if label := b.Labels[i]; i+1 == len(b.Labels) || b.Labels[i+1] != label {
			c.written[label.Protocol][label.Kind].Add(i + 1 - start)
			start = i + 1
		}
	}
}

// published counts a broadcast at a time, of updates of which the first came at since; both are
// Engine.clock. since is 0 if no peer wrote them.
func (c *counters) published(since, at time.Duration) {
	c.batches.Inc()
	if since > 0 {
		c.delay.Update((at - since).Seconds())
	}
}

// loaded counts a load that began at started, by its error.
func (c *counters) loaded(started time.Time, err error) {
	if err != nil {
		c.loadFailures.Inc()
		return
	}
	c.load.UpdateDuration(started)
}
