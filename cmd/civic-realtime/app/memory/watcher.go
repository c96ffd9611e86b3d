package memory

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"
)

const (
	// DefaultWarn and DefaultRefuse are the thresholds by default, in percent of the limit.
	DefaultWarn   = 80
	DefaultRefuse = 90

	// margin is how far the use must fall below a threshold until it counts as left, in percent.
	margin = 5
	// interval is the time between two measurements, and closeInterval that above closeUse, in
	// percent: a hundred megabytes a second can be filled.
	interval      = time.Second
	closeInterval = 100 * time.Millisecond
	closeUse      = 60
	// collectPause is the least time between two collections of garbage, and refusingPause that
	// while rooms are refused.
	collectPause  = 10 * time.Second
	refusingPause = time.Second
	// relief is how many rooms are unloaded at a time, at most.
	relief = 100
)

// MetricHelp describes the metrics of a Watcher.
const MetricHelp = `
realtime_memory_limit_bytes gauge Memory that the process may use: memory.limit, or the limit of its control group; 0 if there is none.
realtime_memory_usage_bytes gauge Memory that counts for it, with that of sockets in the kernel and without that of files; 0 if there is no limit.
realtime_memory_pressure gauge 0, or 1 above memory.warn, or 2 above memory.refuse, where rooms that are not loaded are refused.
realtime_memory_warnings_total counter Times that memory.warn was reached.
realtime_memory_evicted_rooms_total counter Rooms without clients that were unloaded to make room.
`

// Engine is what a Watcher asks for relief.
type Engine interface {
	// EvictIdle unloads up to n rooms without peers, those first that have been without for the
	// longest, once they are saved. It returns how many.
	EvictIdle(n int) int
	// RefuseRooms makes rooms that are not loaded be refused, or not.
	RefuseRooms(refuse bool)
}

// Config configures a Watcher.
type Config struct {
	Meter        *Meter
	Engine       Engine
	Warn, Refuse float64 // percent of the limit
	Log          *slog.Logger
}

// Watcher measures the memory at intervals. A nil Watcher watches nothing.
type Watcher struct {
	cfg     Config
	limit   int64
	usage   func() int64
	collect func()

	collected time.Time // when garbage was collected last
	refused   bool      // rooms were refused since there was enough memory; that was logged

	pressure atomic.Int32
	used     atomic.Int64
	warnings atomic.Uint64
	evicted  atomic.Uint64
}

// The levels of pressure.
const (
	none int32 = iota
	warned
	refusing
)

// NewWatcher returns a Watcher. There must be a limit.
func NewWatcher(cfg Config) *Watcher {
	w := &Watcher{cfg: cfg, usage: cfg.Meter.Usage, collect: debug.FreeOSMemory}
	w.limit, _ = cfg.Meter.Limit()
	return w
}

// Run watches until ctx is done.
func (w *Watcher) Run(ctx context.Context) {
	t := time.NewTimer(interval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			w.step(now)
		}
		t.Reset(w.pause())
	}
}

// pause returns the time until the next measurement.
func (w *Watcher) pause() time.Duration {
	if w.above(w.used.Load(), closeUse) {
		return closeInterval
	}
	return interval
}

// step measures, and does what is to be done.
func (w *Watcher) step(now time.Time) {
	used := w.usage()
	pause := collectPause
	if w.above(used, w.cfg.Refuse-margin) {
		pause = refusingPause
	}
	if w.above(used, w.cfg.Warn) && now.Sub(w.collected) >= pause {
		w.collected = now
		w.collect()
		used = w.usage()
	}
	w.used.Store(used)
	before := w.pressure.Load()
	after := w.level(before, used)
	w.pressure.Store(after)
	if after != before {
		w.changed(before, after, used)
	}
	if after != none {
		w.evicted.Add(uint64(w.cfg.Engine.EvictIdle(relief)))
	}
}

// above reports whether a use is at a threshold, in percent, or above.
func (w *Watcher) above(used int64, percent float64) bool {
	return float64(used)*100 >= float64(w.limit)*percent
}

// level returns the level of pressure at a use, after another one.
func (w *Watcher) level(before int32, used int64) int32 {
	warn, refuse := w.cfg.Warn, w.cfg.Refuse
	if before >= warned {
		warn -= margin
	}
	if before == refusing {
		refuse -= margin
	}
	switch {
	case w.above(used, refuse):
		return refusing
	case w.above(used, warn):
		return warned
	}
	return none
}

// changed logs another level, and passes it on.
func (w *Watcher) changed(before, after int32, used int64) {
	attrs := []any{slog.Int64("used", used), slog.Int64("limit", w.limit)}
	switch {
	case after == refusing && !w.refused:
		w.refused = true
		w.cfg.Log.Error("memory is nearly used up: rooms that are not loaded are refused", attrs...)
	case after == refusing || before == refusing && after == warned: // as before, in one episode
	case after == warned:
		w.cfg.Log.Warn("memory is running out: rooms without clients are unloaded", attrs...)
	default:
		w.refused = false
		w.cfg.Log.Info("there is enough memory again", attrs...)
	}
	if before == none {
		w.warnings.Add(1)
	}
	if (before == refusing) != (after == refusing) {
		w.cfg.Engine.RefuseRooms(after == refusing)
	}
}

// Remark returns what an operator should know of the memory, empty if there is enough.
func (w *Watcher) Remark() string {
	if w == nil || w.pressure.Load() == none {
		return ""
	}
	return fmt.Sprintf("%d%% of the memory is used", w.used.Load()*100/w.limit)
}

// WriteMetrics writes the metrics, which MetricHelp describes. w may be nil.
func (w *Watcher) WriteMetrics(out io.Writer) {
	var limit, used int64
	var pressure int32
	var warnings, evicted uint64
	if w != nil {
		limit, used, pressure = w.limit, w.used.Load(), w.pressure.Load()
		warnings, evicted = w.warnings.Load(), w.evicted.Load()
	}
	fmt.Fprintf(out, "realtime_memory_limit_bytes %d\n", limit)
	fmt.Fprintf(out, "realtime_memory_usage_bytes %d\n", used)
	fmt.Fprintf(out, "realtime_memory_pressure %d\n", pressure)
	fmt.Fprintf(out, "realtime_memory_warnings_total %d\n", warnings)
	fmt.Fprintf(out, "realtime_memory_evicted_rooms_total %d\n", evicted)
}
