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
}

// WriteMetrics writes the store's counters in the Prometheus text format. Nothing there
// names a room. It waits for nobody.
func (s *Store) WriteMetrics(w io.Writer) {
	fmt.Fprintf(w, "realtime_journal_sync_fallbacks_total %d\n", s.counters.fallbacks.Load())
}

// fellBack reports that the kernel refuses asynchronous I/O.
func (s *Store) fellBack(why error) {
	s.counters.fallbacks.Add(1)
	s.log.Warn("the kernel refuses asynchronous I/O; the journal is synced by ordinary calls, which take more of the processor",
		slog.String("reason", why.Error()))
}
