package engine

import (
	"math"
	"sync/atomic"
	"time"
)

// roomStats is what Engine.Rooms says of a room. It is written with room.mu held, and read without.
type roomStats struct {
	flags      atomic.Uint32 // statsFlags
	peers      atomic.Int32
	bytes      atomic.Uint32 // of the document; at most 2 GiB
	compressed atomic.Uint32 // size of the compressed document; 0: it is not compressed
	version    atomic.Uint64
	durable    atomic.Uint64
	saved      atomic.Uint64 // version of the newest snapshot
	rate       atomic.Uint64 // updateRate
	emptied    atomic.Int64  // Unix time in ns
	draftDue   atomic.Int64  // Unix time in ns; 0: none
}

// Bits of roomStats.flags: the state, whether the room is locked, and Failing.
const (
	statsState   = 0xf
	statsLocked  = 1 << 4
	statsFailing = 8 // the number of bits to the right of Failing
)

// updateStats makes Engine.Rooms show the room as it is. mu is held.
func (r *room) updateStats(now time.Time) {
	s := &r.stats
	flags := uint32(r.state) | uint32(r.failing())<<statsFailing
	if r.locked {
		flags |= statsLocked
	}
	s.flags.Store(flags)
	s.peers.Store(int32(len(r.peers)))
	size := r.doc.Size()
	if r.compressed.blob != nil {
		size = r.compressed.stateSize
	}
	s.bytes.Store(uint32(min(size, math.MaxInt32)))
	s.compressed.Store(uint32(min(len(r.compressed.blob), math.MaxInt32)))
	if r.recent > 0 {
		s.rate.Store(uint64(updateRate(s.rate.Load()).add(uint64(r.recent), r.e.clock(now))))
		r.recent = 0
	}
	s.version.Store(r.version)
	s.durable.Store(r.commit.durable)
	s.saved.Store(r.saving.version)
	s.emptied.Store(unixNano(r.emptied))
	s.draftDue.Store(unixNano(r.record.DraftDue()))
}

// failing returns what fails for the room. mu is held.
func (r *room) failing() (f Failing) {
	if r.commit.refused.err != nil || r.commit.delayed {
		f |= FailingCommit
	}
	if r.saving.failures > 0 {
		f |= FailingSnapshot
	}
	if r.record.Failing() {
		f |= FailingDraft
	}
	if r.damage != nil {
		f |= FailingLoad
	}
	return f
}

// info returns what is known without the room's lock.
func (r *room) info(now time.Time) RoomInfo {
	s := &r.stats
	flags := s.flags.Load()
	i := RoomInfo{
		Key: r.key, State: RoomState(flags & statsState), Locked: flags&statsLocked != 0,
		Peers: int(s.peers.Load()), DocumentBytes: int(s.bytes.Load()), Version: s.version.Load(),
		UpdateRate: updateRate(s.rate.Load()).at(r.e.clock(now)),
		DraftDue:   fromUnixNano(s.draftDue.Load()), Failing: Failing(flags >> statsFailing),
	}
	i.HeldBytes = i.DocumentBytes
	if held := int(s.compressed.Load()); held > 0 {
		i.HeldBytes = held
	}
	i.Unstored = after(i.Version, s.durable.Load())
	i.Unsaved = after(i.Version, s.saved.Load())
	if i.Peers == 0 {
		i.Emptied = fromUnixNano(s.emptied.Load())
	}
	return i
}

// after returns how much higher a version is than an earlier one, which may have been read later.
func after(version, earlier uint64) uint64 { return max(version, earlier) - earlier }

// unixNano returns t in ns since 1970; 0 for the zero time.
func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// fromUnixNano is the inverse of unixNano.
func fromUnixNano(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns)
}

// updateRate is a number of updates that decays by the factor e in rateTime, and the time as of
// which it is: a float32, and in the lower half the time in units of rateUnit since the engine
// began, modulo 2³². Divided by rateTime it is the rate of updates. It needs no timer, as the
// reader computes the decay.
type updateRate uint64

const (
	rateTime = 10 * time.Second
	rateUnit = 100 * time.Millisecond
)

// add returns the rate after n more updates.
func (u updateRate) add(n uint64, clock time.Duration) updateRate {
	count := float32(u.count(clock)) + float32(n)
	return updateRate(math.Float32bits(count))<<32 | updateRate(uint32(clock/rateUnit))
}

// at returns the rate in updates a second.
func (u updateRate) at(clock time.Duration) float64 { return u.count(clock) / rateTime.Seconds() }

func (u updateRate) count(clock time.Duration) float64 {
	if u == 0 {
		return 0 // as most rooms
	}
	passed := max(0, int32(uint32(clock/rateUnit)-uint32(u))) // a writer may be ahead of a reader
	count := float64(math.Float32frombits(uint32(u >> 32)))
	return count * math.Exp(-float64(passed)*(rateUnit.Seconds()/rateTime.Seconds()))
}
