package engine

import (
	"fmt"
	"io"
	"sort"
)

// Bounds of the distributions over rooms.
var (
	roomBytesBounds = []int64{
		1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20}
	roomPeersBounds = []int64{0, 1, 2, 3, 5, 10, 20, 50, 100, 200}
)

// distribution has the values of all rooms at one moment. It is written as a histogram whose
// buckets may fall, as rooms come and go.
type distribution struct {
	bounds []int64 // the highest value of each bucket but the last
	counts []int
	sum    int64
}

func newDistribution(bounds []int64) *distribution {
	return &distribution{bounds: bounds, counts: make([]int, len(bounds)+1)}
}

func (d *distribution) add(v int64) {
	d.counts[sort.Search(len(d.bounds), func(i int) bool { return v <= d.bounds[i] })]++
	d.sum += v
}

// write writes the distribution in the Prometheus text format.
func (d *distribution) write(w io.Writer, name string) {
	n := 0
	for i, count := range d.counts {
		n += count
		bound := "+Inf"
		if i < len(d.bounds) {
			bound = fmt.Sprint(d.bounds[i])
		}
		fmt.Fprintf(w, "%s_bucket{le=%q} %d\n", name, bound, n)
	}
	fmt.Fprintf(w, "%s_sum %d\n%s_count %d\n", name, d.sum, name, n)
}

// writeRooms writes the distributions over all loaded rooms, of what each says of itself
// (roomStats), and how many of them fail. It takes no room's lock.
func (e *Engine) writeRooms(w io.Writer) {
	bytes, peers := newDistribution(roomBytesBounds), newDistribution(roomPeersBounds)
	failing := 0
	for _, r := range e.roomMap.all() {
		s := &r.stats
		flags := s.flags.Load()
		if flags>>statsFailing != 0 {
			failing++
		}
		if roomState(flags&statsState) == stateLoading {
			continue
		}
		held := s.bytes.Load()
		if compressed := s.compressed.Load(); compressed > 0 {
			held = compressed
		}
		bytes.add(int64(held))
		peers.add(int64(s.peers.Load()))
	}
	bytes.write(w, "realtime_room_bytes")
	peers.write(w, "realtime_room_peers")
	fmt.Fprintf(w, "realtime_failing_rooms %d\n", failing)
}

// WriteMetrics writes the engine's metrics in the Prometheus text format. MetricHelp describes
// them.
func (e *Engine) WriteMetrics(w io.Writer) {
	e.metrics.set.WritePrometheus(w)
	e.writeRooms(w)
}
