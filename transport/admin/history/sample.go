package history

import (
	"cmp"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// Interval is the time between two samples of the hour. They are taken at its multiples, which are
// the same at all servers.
const Interval = 10 * time.Second

// kept is how many samples are kept: those of an hour.
const kept = int(time.Hour / Interval)

// sampleOf returns the sample of two readings of the same server.
func sampleOf(before, after *Totals) api.Sample {
	s := api.Sample{
		At: after.At.UTC(), Nodes: 1, People: after.People, Rooms: after.Rooms,
		Connections: after.Connections, FailingRooms: after.FailingRooms,
		MemoryBytes: after.MemoryBytes, MemoryLimitBytes: after.MemoryLimitBytes,
		FailedSaves: difference(before.FailedSaves, after.FailedSaves),
		Refused:     difference(before.Refused, after.Refused),
	}
	if passed := after.At.Sub(before.At).Seconds(); passed > 0 {
		s.UpdatesPerSecond = float64(difference(before.Updates, after.Updates)) / passed
	}
	delays, commits := after.Delays.since(before.Delays), after.Commits.since(before.Commits)
	s.DelayP50Seconds, s.DelayP99Seconds = delays.quantile(0.5), delays.quantile(0.99)
	s.CommitP50Seconds, s.CommitP99Seconds = commits.quantile(0.5), commits.quantile(0.99)
	return s
}

// add adds the sample of another server to s.
func add(s *api.Sample, o *api.Sample) {
	if s.Nodes == 0 {
		*s = *o
		return
	}
	s.Nodes += o.Nodes
	s.People += o.People
	s.Rooms += o.Rooms
	s.Connections += o.Connections
	s.UpdatesPerSecond += o.UpdatesPerSecond
	s.DelayP50Seconds = larger(s.DelayP50Seconds, o.DelayP50Seconds)
	s.DelayP99Seconds = larger(s.DelayP99Seconds, o.DelayP99Seconds)
	s.CommitP50Seconds = larger(s.CommitP50Seconds, o.CommitP50Seconds)
	s.CommitP99Seconds = larger(s.CommitP99Seconds, o.CommitP99Seconds)
	s.MemoryBytes += o.MemoryBytes
	if s.MemoryLimitBytes == 0 || o.MemoryLimitBytes == 0 {
		s.MemoryLimitBytes = 0
	} else {
		s.MemoryLimitBytes += o.MemoryLimitBytes
	}
	s.FailingRooms += o.FailingRooms
	s.FailedSaves += o.FailedSaves
	s.Refused += o.Refused
}

// larger returns the larger of two times, of which either may be missing.
func larger(a, b *float64) *float64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

// Merge adds up the histories of several servers, whose samples are of the same moments. A sample
// counts those servers that have one of its moment. It returns the last hour, the oldest first.
func Merge(histories ...[]api.Sample) []api.Sample {
	sums := map[time.Time]*api.Sample{}
	for _, h := range histories {
		for i := range h {
			at := h[i].At.Round(Interval).UTC()
			if sums[at] == nil {
				sums[at] = new(api.Sample)
			}
			add(sums[at], &h[i])
			sums[at].At = at
		}
	}
	all := make([]api.Sample, 0, len(sums))
	for _, s := range sums {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b api.Sample) int {
		return cmp.Compare(a.At.UnixNano(), b.At.UnixNano())
	})
	return all[max(0, len(all)-kept):]
}
