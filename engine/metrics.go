package engine

import (
	"fmt"
	"io"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/awareness"
)

// counters are the metrics of an Engine, in a set of their own.
type counters struct {
	set *metrics.Set

	rooms, peers  *metrics.Gauge
	messages      [protocol.Kinds]*metrics.Counter // by protocol.Kind
	merged        *metrics.Counter
	roomFull      *metrics.Counter
	maxRooms      *metrics.Counter
	large         *metrics.Counter
	veryLarge     *metrics.Counter
	slow          [operations]*metrics.Counter
	denials       map[*Denial]*metrics.Counter
	pendingDrops  *metrics.Counter
	batches       *metrics.Counter
	bytes, writes *metrics.Counter
	overflows     *metrics.Counter
	resyncs       *metrics.Counter
	refusedRows   *metrics.Counter // room.rowRefused
	save          *metrics.Histogram
	saveFailures  *metrics.Counter
	failingSaves  *metrics.Gauge // in a row
	largeSaves    *metrics.Counter
	kept          *metrics.Gauge // bytes of kept pieces of snapshots
	load          *metrics.Histogram
	loadFailures  *metrics.Counter
	quarantined   *metrics.Counter // damaged rooms that began anew with their record
	compressed    *metrics.Gauge
	crashes       *metrics.Counter
	delayedRooms  *metrics.Gauge   // room.commit.delayed
	heldLocks     *metrics.Counter // lockOwner.Go

	presenceDropped [awareness.Limits]*metrics.Counter
	mismatches      [conflictKinds]*metrics.Counter // by conflict; there is none for noConflict

	compactionFailures *metrics.Counter
	overBudget         *metrics.Counter // attempts that took more than IntegrationSteps

	unpublished  *metrics.Counter
	expired      *metrics.Counter
	tooManyLocks *metrics.Counter
	tooManyBans  *metrics.Counter
}

func newCounters() *counters {
	s := metrics.NewSet()
	c := &counters{
		set:          s,
		rooms:        s.NewGauge("realtime_rooms", nil),
		peers:        s.NewGauge("realtime_peers", nil),
		merged:       s.NewCounter("realtime_updates_merged_total"),
		roomFull:     s.NewCounter(`realtime_connections_refused_total{limit="peers_per_room"}`),
		maxRooms:     s.NewCounter(`realtime_connections_refused_total{limit="rooms"}`),
		large:        s.NewCounter("realtime_large_documents_total"),
		veryLarge:    s.NewCounter("realtime_very_large_documents_total"),
		pendingDrops: s.NewCounter("realtime_pending_drops_total"),
		batches:      s.NewCounter("realtime_batches_total"),
		bytes:        s.NewCounter("realtime_sent_bytes_total"),
		writes:       s.NewCounter("realtime_sent_messages_total"),
		overflows:    s.NewCounter("realtime_queue_overflows_total"),
		resyncs:      s.NewCounter("realtime_resyncs_total"),
		refusedRows:  s.NewCounter("realtime_journal_refused_rows_total"),
		save:         s.NewHistogram("realtime_snapshot_seconds"),
		saveFailures: s.NewCounter("realtime_snapshot_failures_total"),
		failingSaves: s.NewGauge("realtime_snapshot_consecutive_failures", nil),
		largeSaves:   s.NewCounter("realtime_large_snapshots_total"),
		kept:         s.NewGauge("realtime_snapshot_kept_bytes", nil),
		load:         s.NewHistogram("realtime_room_load_seconds"),
		quarantined:  s.NewCounter("realtime_rooms_set_aside_total"),
		loadFailures: s.NewCounter("realtime_room_load_failures_total"),
		compressed:   s.NewGauge("realtime_compressed_rooms", nil),
		crashes:      s.NewCounter("realtime_room_crashes_total"),
		delayedRooms: s.NewGauge("realtime_delayed_rooms", nil),
		heldLocks:    s.NewCounter("realtime_room_lock_waits_total"),

		compactionFailures: s.NewCounter("realtime_compaction_failures_total"),
		overBudget:         s.NewCounter("realtime_integration_budget_exceeded_total"),

		unpublished: s.GetOrCreateCounter("realtime_unpublished_refusals_total"),
		expired:     s.NewCounter("realtime_expired_rooms_total"),

		tooManyLocks: s.NewCounter(`realtime_decisions_refused_total{limit="locks"}`),
		tooManyBans:  s.NewCounter(`realtime_decisions_refused_total{limit="bans"}`),
	}
	c.addLabelled()
	s.NewGauge("realtime_sealed_rooms", c.compressed.Get) // its name in the release before
	return c
}

// addLabelled adds the counters of which there is one for each value of a label.
func (c *counters) addLabelled() {
	s := c.set
	for op, name := range operationNames {
		c.slow[op] = s.NewCounter(fmt.Sprintf("realtime_slow_operations_total{operation=%q}", name))
	}
	other := s.NewCounter(`realtime_received_messages_total{kind="other"}`)
	for kind := range c.messages {
		c.messages[kind] = other
	}
	for limit := range awareness.Limits {
		name := fmt.Sprintf("realtime_presence_dropped_total{limit=%q}", limit)
		c.presenceDropped[limit] = s.NewCounter(name)
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
	for kind, name := range kindNames {
		c.messages[kind] = s.NewCounter(fmt.Sprintf("realtime_received_messages_total{kind=%q}", name))
	}
}

// kindNames are the labels of the kinds that clients may send.
var kindNames = map[protocol.Kind]string{
	protocol.SyncRequest:      "sync_request",
	protocol.SyncReply:        "sync_reply",
	protocol.Update:           "update",
	protocol.Awareness:        "awareness",
	protocol.AwarenessRequest: "awareness_request",
	protocol.Cursor:           "cursor",
	protocol.Joined:           "joined",
	protocol.Left:             "left",
	protocol.Auth:             "auth",
	protocol.Ping:             "ping",
	protocol.Signal:           "signal",
	protocol.Unknown:          "unknown",
}

// watch adds the bytes of the updates that wait for a compaction, which are read with the metrics.
func (c *counters) watch(held *compactor) {
	c.set.NewGauge("realtime_held_update_bytes", held.holds)
}

func (c *counters) received(k protocol.Kind) { c.messages[k].Inc() }

func (c *counters) denied(why *Denial) { c.denials[why].Inc() }

// refused counts a malformed message. The number of reasons is bounded.
func (c *counters) refused(reason error) {
	c.set.GetOrCreateCounter(fmt.Sprintf("realtime_invalid_messages_total{reason=%q}", reason)).Inc()
}

// sent counts frames that were written.
func (c *counters) sent(frames [][]byte) {
	n := 0
	for _, f := range frames {
		n += len(f)
	}
	c.bytes.Add(n)
	c.writes.Add(len(frames))
}

// loaded counts a load that began at started, by its error.
func (c *counters) loaded(started time.Time, err error) {
	if err != nil {
		c.loadFailures.Inc()
		return
	}
	c.load.UpdateDuration(started)
}

// WriteMetrics writes the engine's counters in the Prometheus text format.
func (e *Engine) WriteMetrics(w io.Writer) { e.metrics.set.WritePrometheus(w) }
