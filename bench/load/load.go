// Package load puts servers of Yjs documents under load, open-loop. Its clients
// send what a real Yjs client wrote, each update when it is due, whatever became
// of the one before, and its latency counts from then. What arrives is decoded: an
// update has reached a receiver when its structs have, alone or merged with others.
//
//	f, err := load.Connect(ctx, target, load.Shape{Rooms: 1, Clients: 200, Writers: 20}, stream)
//	report, err := f.Run(ctx, load.Pace{Updates: 10, For: 5 * time.Second})
//	err = f.Check(ctx) // what the rooms hold in the end
//
// It is frugal, as it shares a machine with what it measures: one goroutine a
// connection and one a writer, on as few processors as it is given.
//
// Files, in layers; each uses only what is listed before it:
//
//	dialect.go latency.go spans.go stream.go load.go
//	fleet.go client.go receive.go schedule.go guest.go  the clients of a run, one of them, and when it sends
//	run.go check.go                                     a run; what the rooms hold in the end
package load

import (
	"fmt"
	"time"
)

// Shape is who is connected. In each room the first clients are the writers, and
// the last keeps a document of what it is sent.
type Shape struct {
	Rooms   int
	Clients int // a room
	Writers int // a room, of the clients
}

// Pace is what happens in a run.
type Pace struct {
	Updates  float64       // a second and writer
	Moves    float64       // of the cursor, a second and writer
	Renew    time.Duration // time in which every client says once that it is still there; 0 for never
	For      time.Duration
	Patience time.Duration // how long after that updates may still come
}

// Report is what came of a run.
type Report struct {
	Sent      uint64 // updates
	Due       uint64 // deliveries of updates to others than their writer
	Delivered uint64 // of these; each once
	Repeated  uint64 // updates that came to a receiver once more
	Moves     uint64 // awareness entries received
	Frames    uint64 // received
	Bytes     uint64 // of their payloads
	Took      time.Duration
	Latency   Latencies // from when an update was due to when a receiver had it
	Late      Latencies // from when an update was due to when it was sent
}

// Lost is how many deliveries did not happen.
func (r Report) Lost() uint64 { return r.Due - r.Delivered }

// Err says what is wrong with the run, if anything is.
func (r Report) Err() error {
	if r.Lost() > 0 || r.Repeated > 0 {
		return fmt.Errorf("of %d deliveries %d are missing, and %d came again", r.Due, r.Lost(), r.Repeated)
	}
	return nil
}
