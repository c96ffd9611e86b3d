package bolt

import (
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
)

// counters is what a Store counts.
type counters struct {
	fallbacks atomic.Uint64 // to ordinary calls that sync the tail
	damage    atomic.Uint64 // what was found damaged
	damaged   atomic.Int64  // rooms that are not loaded because of it
}

// WriteMetrics writes the store's counters in the Prometheus text format. Nothing there
// names a room. It waits for nobody.
func (s *Store) WriteMetrics(w io.Writer) {
	fmt.Fprintf(w, "realtime_journal_sync_fallbacks_total %d\n", s.counters.fallbacks.Load())
	fmt.Fprintf(w, "realtime_store_damage_total %d\n", s.counters.damage.Load())
	fmt.Fprintf(w, "realtime_damaged_rooms %d\n", s.counters.damaged.Load())
	gone := 0
	if s.Healthy() != nil {
		gone = 1
	}
	fmt.Fprintf(w, "realtime_store_gone %d\n", gone)
}

// fellBack reports that the kernel refuses asynchronous I/O.
func (s *Store) fellBack(why error) {
	s.counters.fallbacks.Add(1)
	s.log.Warn("the kernel refuses asynchronous I/O; the journal is synced by ordinary calls, which take more of the processor",
		slog.String("reason", why.Error()))
}
