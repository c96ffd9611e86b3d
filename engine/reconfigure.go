package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/awareness"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/recordsync"
)

// Reconfigure replaces the configuration while rooms are open. Fields that must stay as they are
// (see fixed) keep their values; all others take effect at once, and limits for what comes from now
// on. No peer is closed. It takes the lock of each loaded room for a moment, and never waits for
// one. It may be called by several goroutines.
func (e *Engine) Reconfigure(cfg Config) {
	e.reconfiguring.Lock()
	defer e.reconfiguring.Unlock()
	before := e.cfg()
	cfg = cfg.withDefaults().fixed(before)
	e.conf.Store(&cfg)
	e.sync.Reconfigure(cfg.recordsync)
	e.presence.Store(e.presenceConfig())
	for _, r := range e.roomMap.all() {
		r.runLocked(func() { r.reconfigure(before) })
	}
}

// fixed returns c with the fields of before that cannot change while rooms are open: the ports, the
// size and the form of documents, the ticks, and what is stored, and whether that expires.
func (c Config) fixed(before *Config) Config {
	c.Records, c.Schema, c.KeepHistory = before.Records, before.Schema, before.KeepHistory
	c.NoAuthors, c.AuthorRuns = before.NoAuthors, before.AuthorRuns
	c.DocumentBytes, c.MaxDocument = before.DocumentBytes, before.MaxDocument
	c.Window, c.NoJournal, c.StoreTimeout = before.Window, before.NoJournal, before.StoreTimeout
	c.KeepUnowned, c.Events, c.Claims = before.KeepUnowned, before.Events, before.Claims
	c.Announce = before.Announce
	c.SnapshotKeptBytes, c.Drafts.KeptBytes = before.SnapshotKeptBytes, before.Drafts.KeptBytes
	if c.SnapshotKeep < 0 || before.SnapshotKeep < 0 { // for ever
		c.SnapshotKeep = before.SnapshotKeep
	}
	return c
}

// recordsync copies the fields that concern records, and may change.
func (c *Config) recordsync(to *recordsync.Config) {
	to.Timeout, to.Poll, to.Drafts = c.RecordTimeout, c.RecordPoll, c.Drafts
	to.NoSnapshots, to.Compression = c.NoRecordSnapshots, c.Compression
	to.MaxSteps = c.IntegrationSteps
}

// reconfigure is called with mu held. A room that is still loading has nobody to notify, and load
// fills it without the lock, and then schedules it.
func (r *room) reconfigure(before *Config) {
	now := time.Now()
	query := r.presence.Reconfigure(r.e.presence.Load(), r.presences, now)
	if !r.filled.Load() {
		return
	}
	if query {
		r.queryAllAwareness()
	}
	if off := r.e.cfg().ReadOnly; off != before.ReadOnly {
		text := "editing is switched on again"
		if off {
			text = "editing is switched off"
		}
		r.notify(protocol.Info, text)
		r.sendAllAccess()
		r.retryRefused(now)
	}
	r.presenceChanged(now)
}

// presences calls yield with the presence of each peer.
func (r *room) presences(yield func(*awareness.Peer) bool) {
	for _, p := range r.peers {
		if !yield(&p.presence) {
			return
		}
	}
}

// queryAllAwareness asks all peers that have awareness states for them.
func (r *room) queryAllAwareness() {
	for _, p := range r.peers {
		if !p.proto.Native() {
			p.sendMessage(outbound.Notice, protocol.Message{Kind: protocol.AwarenessRequest})
		}
	}
}
