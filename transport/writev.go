package transport

import (
	"net"
	"sync"
)

const (
	// maxVector is how many frames go into one system call. The runtime keeps, for
	// each connection, room for as many as it once wrote at a time.
	maxVector = 16
	// maxWrite is about how many bytes do. A write counts as stalled when the kernel
	// has not taken the whole of one such step.
	maxWrite = 64 << 10
)

// writeSteps writes frames in steps, so that a slow client can be told from one
// that takes nothing. mu is held.
func (c *conn) writeSteps(frames [][]byte) error {
	for len(frames) > 0 {
		n := step(frames)
		var err error
		if n == 1 {
			err = c.writeLong(frames[0])
		} else {
			c.progress()
			err = writev(c.tcp, frames[:n])
		}
		if err != nil {
			return err
		}
		frames = frames[n:]
	}
	return nil
}

// step returns how many of frames to write at once, at least one.
func step(frames [][]byte) (n int) {
	size := 0
	for n < len(frames) && n < maxVector {
		if size += len(frames[n]); size > maxWrite && n > 0 {
			break
		}
		n++
	}
	return n
}

func (c *conn) writeLong(frame []byte) error {
	for len(frame) > 0 {
		c.progress()
		n, err := c.tcp.Write(frame[:min(len(frame), maxWrite)])
		if err != nil {
			return err
		}
		frame = frame[n:]
	}
	return nil
}

func (c *conn) progress() { c.writing.Store(c.server.clock.Load()) }

// vector is what net.Buffers consumes in the caller's place.
type vector struct {
	buffers net.Buffers
	array   [maxVector][]byte
}

var vectors = sync.Pool{New: func() any { return new(vector) }}

// writev writes up to maxVector frames with one system call where TCP is underneath.
func writev(tcp net.Conn, frames [][]byte) error {
	v := vectors.Get().(*vector)
	v.buffers = append(v.array[:0], frames...)
	_, err := v.buffers.WriteTo(tcp)
	clear(v.array[:])
	vectors.Put(v)
	return err
}
