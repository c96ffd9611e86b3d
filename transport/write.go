package transport

import "sync"

const (
	// maxJoined is how many frames go into one system call.
	maxJoined = 16
	// maxWrite is about how many bytes do. A write counts as stalled when nothing of it
	// has got on for too long; a stdLink cannot tell before the kernel has all of a step.
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
			err = c.writeJoined(frames[:n])
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
	for n < len(frames) && n < maxJoined {
		if size += len(frames[n]); size > maxWrite && n > 0 {
			break
		}
		n++
	}
	return n
}

func (c *conn) writeLong(frame []byte) error {
	for len(frame) > 0 {
		n := min(len(frame), maxWrite)
		if err := c.sock.Write(frame[:n]); err != nil {
			return err
		}
		frame = frame[n:]
	}
	return nil
}

// WriteWaits implements netpoll.Handler.
func (c *conn) WriteWaits() {
	c.writeWaits.Store(c.server.clock.Load())
	if c.beforeWait != nil {
		c.beforeWait()
	}
}

// joinBuffers are what frames are copied to.
var joinBuffers = sync.Pool{New: func() any { return new([]byte) }}

// writeJoined writes up to maxJoined frames with one system call. Copying them is less
// than telling the kernel where each is.
func (c *conn) writeJoined(frames [][]byte) error {
	buf := joinBuffers.Get().(*[]byte)
	defer joinBuffers.Put(buf)
	*buf = (*buf)[:0]
	for _, f := range frames {
		*buf = append(*buf, f...)
	}
	return c.sock.Write(*buf)
}
