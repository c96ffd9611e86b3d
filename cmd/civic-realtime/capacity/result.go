package capacity

import (
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
)

// Result is what was measured, and what follows.
type Result struct {
	Machine Machine  `json:"machine"`
	Disk    Disk     `json:"disk"`
	Idle    Idle     `json:"idle"`
	Typing  []Typing `json:"typing"`
	Carries Carries  `json:"carries"`
}

// Idle is what a connection costs that does nothing but renew its awareness.
type Idle struct {
	Connections int     `json:"connections"`
	BytesEach   int64   `json:"bytes_each"`       // resident memory of the server, with its share of a room
	CPUEach     float64 `json:"cpu_seconds_each"` // a second
}

// Typing is a step: that many people in rooms of five, one of whom types in each.
type Typing struct {
	People     int     `json:"people"`
	CPUEach    float64 `json:"cpu_seconds_each"` // of the server, a second and person
	CPU        float64 `json:"cpu_cores"`        // of the server, in all
	LatencyP50 float64 `json:"latency_p50_seconds"`
	LatencyP99 float64 `json:"latency_p99_seconds"`
	LateP99    float64 `json:"late_p99_seconds"` // by which the clients themselves were late
	Lost       uint64  `json:"lost"`
	OK         bool    `json:"ok"` // edits arrived in time, and all
}

// goodLatency is how late 99 of 100 edits may be for a step to be OK: what people do not notice.
const goodLatency = 300 * time.Millisecond

func newTyping(people int, used time.Duration, r load.Report) Typing {
	t := Typing{
		People: people, CPU: used.Seconds() / r.Took.Seconds(), Lost: r.Lost(),
		LatencyP50: r.Latency.Quantile(0.5).Seconds(),
		LatencyP99: r.Latency.Quantile(0.99).Seconds(),
		LateP99:    r.Late.Quantile(0.99).Seconds(),
	}
	t.CPUEach = t.CPU / float64(people)
	t.OK = r.Err() == nil && r.Latency.Quantile(0.99) <= goodLatency
	return t
}

// Carries is how many people there can be, by what would end first.
type Carries struct {
	People    int    `json:"people"`
	LimitedBy string `json:"limited_by"` // processor, memory or open_files
	Processor int    `json:"processor"`  // people by that alone
	Memory    int    `json:"memory"`
	OpenFiles int    `json:"open_files"`
	Measured  int    `json:"measured"` // people of the largest step that was OK
}

const (
	// usable is the part of the processor and of the memory that is planned with: the rest is for
	// joins, snapshots and the system.
	usable = 0.7
	// kernelBytes is about what the kernel has for an idle connection.
	kernelBytes = 5_000
)

// ErrTooBusy is returned beside a result from which nothing follows.
var ErrTooBusy = errors.New("edits come late already with the fewest people: the machine is busy with other things, or its disk is too slow")

// conclude computes what the machine carries. It fails if not even the first step was OK.
func (r *Result) conclude() error {
	var best Typing
	for _, t := range r.Typing {
		if t.OK {
			best = t
		}
	}
	if best.People == 0 {
		return ErrTooBusy
	}
	each := float64(r.Idle.BytesEach + kernelBytes + documentBytes/inRoom)
	c := Carries{
		Processor: round(float64(r.Machine.Cores) * usable / max(best.CPUEach, 1e-9)),
		Memory:    round(float64(r.Machine.MemoryBytes) * usable / each),
		OpenFiles: round(float64(r.Machine.OpenFiles - spareFiles)),
		Measured:  best.People,
	}
	c.People, c.LimitedBy = c.Processor, "processor"
	if c.Memory < c.People {
		c.People, c.LimitedBy = c.Memory, "memory"
	}
	if c.OpenFiles < c.People {
		c.People, c.LimitedBy = c.OpenFiles, "open_files"
	}
	r.Carries = c
	return nil
}

// round returns n with two digits that count, rounded down: more would be a pretence.
func round(n float64) int {
	unit := 1
	for n/float64(unit) >= 100 {
		unit *= 10
	}
	return int(n) / unit * unit
}
