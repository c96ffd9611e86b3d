package groupcommit

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// Config has the environment of a Flusher. All fields but Store must be set.
type Config struct {
	Store   Store         // nil: rows are dropped, and count as durable
	Timeout time.Duration // bounds one call of Store
	// Patience returns how long rows may wait for Store before Room.NotifyDelay is called.
	Patience func() time.Duration

	// FlushTime returns the time up to which rooms are due: now, or the next end of windows if
	// there is no input left to wait for.
	FlushTime func(now time.Time) time.Time
	// WindowEnd returns the first time from t on at which windows end.
	WindowEnd func(t time.Time) time.Time
	// CommitTook is called when a commit has ended.
	CommitTook func(began time.Time)
	// Failed is called with the first failure of the store, and then not until it has recovered.
	Failed func(err error)

	Log     *slog.Logger
	Metrics *metrics.Set
}

// Flusher commits the rows of all rooms of a Schedule.
type Flusher struct {
	cfg     Config
	sched   *Schedule
	metrics counters

	failure atomic.Pointer[error] // of the last commit; nil when it succeeded
	behind  atomic.Bool           // rows have waited for longer than Config.Patience
	waiting waitingRows
	slow    *slowCommit

	// The rest belongs to the goroutine in Run and, once that has ended, to FlushAll's caller,
	// which may call Run again.
	arena         []byte // holds the rows of one commit; nil once a room keeps a part of it
	due           []Room
	large         []Room    // scratch of limitSize
	deferredSteps int       // steps that the last flush left to rooms' own goroutines
	rooms         []Room    // those with a row that is not durable
	rows          []Row     // of rooms, by the same index
	waitsFrom     time.Time // when the oldest row should have been committed; zero without any
	failures      int       // in a row
	retryAt       time.Time
	nextCommit    time.Time // when the next commit may begin
}

// New returns a Flusher of the rooms in sched.
func New(cfg Config, sched *Schedule) *Flusher {
	f := &Flusher{cfg: cfg, sched: sched, metrics: newCounters(cfg.Metrics)}
	f.slow = newSlowCommit(f)
	return f
}

// Failure returns why the last commit failed; nil if it did not.
func (f *Flusher) Failure() error {
	if failure := f.failure.Load(); failure != nil {
		return *failure
	}
	return nil
}

// Behind reports whether rows have waited for longer than Config.Patience.
func (f *Flusher) Behind() bool { return f.behind.Load() }

// AddRow adds a row that was made by another goroutine to the next commit; nil for none.
func (f *Flusher) AddRow(r Room, row []byte) {
	f.waiting.add(r, row)
	f.sched.WakeUp()
}

// keptArena is the capacity of the largest arena that is kept, in bytes.
const keptArena = 4 << 20

// beginGroup puts the rows that wait in the group. If the last commit failed, its rows are still
// there and come first. Rows of rooms that have crashed since are dropped.
func (f *Flusher) beginGroup() {
	if cap(f.arena) > keptArena {
		f.arena = nil
	}
	f.arena = f.arena[:0]
	if f.failures > 0 {
		rooms, rows := f.rooms, f.rows
		f.rooms, f.rows = nil, nil
		for i, r := range rooms {
			f.addLoaded(r, rows[i].Data)
		}
	}
	rooms, rows := f.waiting.take()
	for i, r := range rooms {
		f.addLoaded(r, rows[i])
	}
}

// addLoaded adds a row to the group, unless its room has crashed.
func (f *Flusher) addLoaded(r Room, row []byte) {
	if r.Loaded() {
		f.add(r, row)
	}
}

// add adds a row to the group.
func (f *Flusher) add(r Room, row []byte) {
	f.rooms = append(f.rooms, r)
	f.rows = append(f.rows, Row{Room: r.Name(), Data: row})
}

// endGroup forgets the rows. They are durable, or their rooms have them.
func (f *Flusher) endGroup() {
	clear(f.rooms)
	clear(f.rows)
	f.rooms, f.rows = f.rooms[:0], f.rows[:0]
}
