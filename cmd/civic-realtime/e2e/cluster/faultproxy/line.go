package faultproxy

import (
	"net"
	"time"
)

// chunkBytes is the most that is read at a time.
const chunkBytes = 32 << 10

// chunk is what was read at a time, and when it may be passed on.
type chunk struct {
	bytes []byte
	due   time.Time
}

// pass passes bytes on from one socket to the other until one of them ends, as the proxy allows at
// the time. Both sockets are closed at the end: a half-close ends the connection.
func (p *Proxy) pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	chunks := make(chan chunk, 1024)
	go p.write(to, from, chunks)
	defer close(chunks)
	for {
		b := make([]byte, chunkBytes)
		n, err := from.Read(b)
		if n > 0 {
			chunks <- chunk{b[:n], time.Now().Add(p.delay())}
		}
		if err != nil {
			return
		}
	}
}

// write writes chunks when they are due and nothing is withheld. After an error it only drains the
// channel, so that the reader ends.
func (p *Proxy) write(to, from net.Conn, chunks <-chan chunk) {
	failed := false
	for c := range chunks {
		if failed {
			continue
		}
		if wait := time.Until(c.due); wait > 0 {
			time.Sleep(wait)
		}
		p.awaitFlow()
		if _, err := to.Write(c.bytes); err != nil {
			failed = true
			from.Close()
		}
	}
}
