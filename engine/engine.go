package engine

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/engine/awareness"
	"github.com/civicpress/civic-realtime/engine/groupcommit"
	"github.com/civicpress/civic-realtime/engine/logsample"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/recordsync"
)

// Engine holds all rooms of a server. Its methods are safe for concurrent use.
type Engine struct {
	conf    atomic.Pointer[Config] // replaced as a whole, with reconfiguring held; never nil
	store   Store
	log     *slog.Logger
	metrics *counters

	// Samplers of lines about malformed messages, versions that do not match, rows that the store
	// refuses, messages by which peers steer rooms, and leases.
	invalid, mismatches, rowRefusals, controlDenials, leaseFailures logsample.Sampler

	roomMap   *roomMap
	leases    *leases
	sched     *groupcommit.Schedule
	flusher   *groupcommit.Flusher
	writers   outbound.Writers
	saver     *saver
	sync      *recordsync.Syncer // nil without Config.Records
	compactor *compactor
	keeping   keeping
	presence  atomic.Pointer[awareness.Config] // made of conf, for new rooms

	slow     slowLog
	rebases  chan struct{} // holds a token while a rebase is worked out, with no room's lock held
	lastPeer atomic.Uint64
	occupied atomic.Int64 // rooms with peers
	began    time.Time    // a tick before New was called; ticks are counted from it
	allRead  atomic.Int64 // clock of the last tick of which all input is read

	decisions *decisions    // locks and bans
	looks     chan struct{} // holds a token for each call of the store by RoomDetail

	reconfiguring sync.Mutex // held by Reconfigure; it comes before the lock of a room

	loads     context.Context // done when draining begins
	stopLoads context.CancelFunc
	draining  atomic.Bool

	handingOver atomic.Bool // HandOverRooms was called

	refuseRooms atomic.Bool    // those that are not loaded, as memory is nearly used up
	stop        chan struct{}  // closed to end the flusher and the saver
	background  sync.WaitGroup // the flusher and the saver
	running     group          // loads, writers and sync workers
}

// cfg returns the configuration as of now, which must not be changed. Work that uses several of its
// fields together calls it once.
func (e *Engine) cfg() *Config { return e.conf.Load() }

// Ready returns nil while the engine takes joins and can make updates durable, else the reason why
// it does not.
func (e *Engine) Ready() error {
	if e.draining.Load() || e.handingOver.Load() {
		return ErrDraining
	}
	if err := e.flusher.Failure(); err != nil {
		return err
	}
	if e.flusher.Behind() {
		return errJournalStands
	}
	if h, ok := e.store.(Health); ok {
		return h.Healthy()
	}
	return nil
}

// MessageBytes returns how long messages must be allowed to be, for the largest document.
func (e *Engine) MessageBytes() int { return MessageBytes(e.cfg().DocumentBytes) }

// Config returns the configuration as of now, with its defaults in place of zeros.
func (e *Engine) Config() Config { return *e.cfg() }

// clock returns how long after the engine began t is. It is never zero.
func (e *Engine) clock(t time.Time) time.Duration { return t.Sub(e.began) }
