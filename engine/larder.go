package engine

import (
	"container/list"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// Most of a large document was in its last snapshot. What that was compressed to
// is kept for the next, of the rooms that were saved last.

// keptFrom is how large a state is at least when its pieces are kept, in bytes:
// smaller ones are not worth the memory.
const keptFrom = 64 << 10

// larder keeps the pieces of rooms, by their names, as a room does not outlive
// its use. It is the saver's goroutine's.
type larder struct {
	limit int           // of what is kept, in bytes
	age   time.Duration // after which what was not used goes
	size  *metrics.Gauge

	bytes int
	rooms map[string]*list.Element
	used  list.List // of *kept, what was used last at the end
}

type kept struct {
	room   string
	pieces snapshot.Pieces
	bytes  int
	used   time.Time
}

func newLarder(limit int, age time.Duration, size *metrics.Gauge) larder {
	return larder{limit: limit, age: age, size: size, rooms: make(map[string]*list.Element)}
}

// append appends a snapshot of the room, made of the one before as far as that was kept.
func (l *larder) append(dst []byte, room string, s snapshot.Snapshot, cuts []int, a snapshot.Algorithm) ([]byte, error) {
	if len(s.State) < keptFrom {
		l.drop(room)
		return snapshot.Append(dst, s, a)
	}
	k := l.use(room, time.Now())
	dst, err := k.pieces.Append(dst, s, cuts, a)
	l.weigh(k, k.pieces.Size())
	for l.bytes > max(l.limit, 0) {
		l.drop(l.used.Front().Value.(*kept).room)
	}
	return dst, err
}

func (l *larder) use(room string, now time.Time) *kept {
	at, ok := l.rooms[room]
	if !ok {
		at = l.used.PushBack(&kept{room: room})
		l.rooms[room] = at
	}
	l.used.MoveToBack(at)
	k := at.Value.(*kept)
	k.used = now
	return k
}

func (l *larder) weigh(k *kept, bytes int) {
	l.bytes += bytes - k.bytes
	k.bytes = bytes
	l.size.Set(float64(l.bytes))
}

// drop lets go of what is kept of a room.
func (l *larder) drop(room string) {
	if at, ok := l.rooms[room]; ok {
		l.weigh(at.Value.(*kept), 0)
		l.used.Remove(at)
		delete(l.rooms, room)
	}
}

// due is when something is to go, zero if there is nothing.
func (l *larder) due() time.Time {
	if first := l.used.Front(); first != nil {
		return first.Value.(*kept).used.Add(l.age)
	}
	return time.Time{}
}

// expire lets go of what was not used for long.
func (l *larder) expire(now time.Time) {
	for reached(l.due(), now) {
		l.drop(l.used.Front().Value.(*kept).room)
	}
}
