// Package load is an open-loop load generator for servers of Yjs documents. Its clients send the
// updates of a real Yjs client, each when it is due, whether or not the one before has been
// delivered, and latency is the time since an update was due. Received updates are decoded: an
// update has reached a receiver when its structs have, alone or merged with others.
//
//	f, err := load.Connect(ctx, target, load.Shape{Rooms: 1, Clients: 200, Writers: 20}, stream)
//	report, err := f.Run(ctx, load.Pace{Updates: 10, For: 5 * time.Second})
//	err = f.Check() // the documents in the end
//
// It takes little of the processor, as it shares the machine with the server: one goroutine a
// connection and one a writer.
//
// Files, in layers; each uses only what is listed before it:
//
//	dialect.go latency.go spans.go stream.go load.go
//	fleet.go client.go counting.go receive.go schedule.go guest.go  clients, and when they send
//	run.go check.go typed.go                            a run; the documents in the end
package load

import (
	"fmt"
	"time"
)

// Shape is the number of rooms and clients. In each room the first clients are the writers, and the
// last one merges the updates that it receives into a document. A client that is alone in its room
// receives what it writes, which is for servers that send each update to its writer too.
type Shape struct {
	Rooms   int
	Clients int // a room
	Writers int // a room, of the clients
}

// receivers returns how many clients are to receive each update.
func (s Shape) receivers() int { return max(1, s.Clients-1) }

// Pace is how much is sent in a run.
type Pace struct {
	Updates  float64       // a second and writer
	Moves    float64       // of the cursor, a second and writer
	Renew    time.Duration // interval at which each client renews its awareness; 0 for never
	For      time.Duration
	Patience time.Duration // how long after that updates may still come
}

// Report is the result of a run.
type Report struct {
	Sent      uint64 // updates
	Due       uint64 // deliveries of updates to others than their writer, if there are any
	Delivered uint64 // of these; each once
	Repeated  uint64 // updates that came to a receiver once more
	Moves     uint64 // awareness entries received
	Frames    uint64 // received
	Bytes     uint64 // of their payloads
	Took      time.Duration
	Latency   Latencies // from when an update was due to when a receiver had it
	Late      Latencies // from when an update was due to when it was sent
}

// Lost returns the number of deliveries that are missing.
func (r Report) Lost() uint64 { return r.Due - r.Delivered }

// Err returns an error if deliveries are missing or came twice.
func (r Report) Err() error {
	if r.Lost() > 0 || r.Repeated > 0 {
		return fmt.Errorf("of %d deliveries %d are missing, and %d came again", r.Due, r.Lost(), r.Repeated)
	}
	return nil
}
