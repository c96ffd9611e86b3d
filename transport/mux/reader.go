package mux

import "io"

// readSize is the size of the reader's buffer. It has room for several frames, of which the longest
// have maxPayload bytes and a head.
const readSize = 64 << 10

// readFrames handles all frames that come, until the session ends.
func (s *Session) readFrames() {
	_ = s.end(s.readUntilError())
	s.finish()
}

func (s *Session) readUntilError() error {
	buf := make([]byte, readSize)
	kept := 0 // bytes of a frame whose rest has not come
	for {
		n, err := s.conn.Read(buf[kept:])
		n += kept
		used, broken := s.receiveAll(buf[:n])
		if broken != nil {
			return broken
		}
		kept = copy(buf, buf[used:n])
		if err == io.EOF && kept > 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
}

// receiveAll handles the whole frames in b, and returns how many bytes they have.
func (s *Session) receiveAll(b []byte) (used int, err error) {
	for len(b)-used >= headSize {
		h, err := parseHead(b[used:])
		if err != nil {
			return used, err
		}
		end := used + headSize + h.payload()
		if end > len(b) {
			break
		}
		if err := s.receive(h, b[used+headSize:end]); err != nil {
			return used, err
		}
		used = end
	}
	return used, nil
}
