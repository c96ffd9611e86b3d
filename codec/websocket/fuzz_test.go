package websocket

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"
)

// FuzzFrames compares Reader, which reads the stream in pieces, with gws 1.8.9, which reads it as a
// whole. Both must read the same messages, and refuse the same frame with the same code, except
// where Reader differs on purpose:
//
//   - It refuses lengths that are written in more bytes than they need.
//   - It takes close code 1014, which was registered after the RFC.
//   - It refuses a frame as soon as its header shows that, before its content comes.
//   - For a frame that is malformed and too long it returns ErrProtocol, and gws ErrTooLarge.
//   - Where the length is 2^63 or more, gws panics.
func FuzzFrames(f *testing.F) {
	for i, tt := range frameCases() {
		if len(tt.stream) < 2000 {
			f.Add([]byte(tt.stream), []byte{byte(i)}, uint16(i))
		}
	}
	for _, code := range []int{0, 999, 1000, 1003, 1004, 1005, 1006, 1007, 1014, 1015, 1016, 2999, 3000, 4999, 5000, 65535} {
		for _, reason := range []string{"", "größer", "\xc3"} {
			f.Add(appendMasked(nil, OpClose, true, frameKey, AppendClosePayload(nil, code, reason)),
				[]byte(nil), uint16(0))
		}
	}
	f.Fuzz(func(t *testing.T, b, cuts []byte, capacity uint16) {
		limit := maxControl + int(capacity) // gws counts control frames too
		compareToGWS(t, b, cuts, limit)
		compareToGWS(t, composed(b), cuts, limit)
	})
}

func compareToGWS(t *testing.T, stream, cuts []byte, limit int) {
	ours := readAll(cutAt(stream, cuts), limit)
	theirs := readGWS(t, forGWS(stream, limit, ours.code != 0), limit)
	if ours.code == ErrProtocol.Code && theirs.code == ErrTooLarge.Code {
		theirs.code = ours.code
	}
	if !sameFrames(ours.frames, theirs.frames) || ours.closed != theirs.closed ||
		ours.code != theirs.code {
		t.Fatalf("%x\nwe read%s, closed %v, %d\ngws read%s, closed %v, %d", stream,
			showFrames(ours.frames), ours.closed, ours.code, showFrames(theirs.frames),
			theirs.closed, theirs.code)
	}
}

// composed returns a stream of frames that are valid one by one, in any order and with any content,
// one for each two bytes of b.
func composed(b []byte) (stream []byte) {
	for ; len(b) >= 2; b = b[2:] {
		op := []Opcode{OpText, OpContinuation, OpContinuation, OpContinuation, OpContinuation,
			OpBinary, OpPing, OpPong, OpClose}[b[0]%9]
		content := []string{"", "a", "é", "\xc3", "\xa9", "\x03\xe8", "0123456789"}[b[1]%7]
		if n := int(b[1]>>5) * 20; op < OpClose && n > 0 {
			content = strings.Repeat(content, n)
		}
		stream = appendMasked(stream, op, op >= OpClose ||
			b[0] >= 0x80, [4]byte{b[0], b[1], 7}, []byte(content))
	}
	return stream
}

// cutAt cuts the stream into pieces. The bytes of cuts, repeated, are their lengths less one.
func cutAt(stream, cuts []byte) (pieces [][]byte) {
	for i := 0; len(stream) > 0; i++ {
		n := len(stream)
		if len(cuts) > 0 {
			n = min(n, 1+int(cuts[i%len(cuts)]))
		}
		pieces, stream = append(pieces, stream[:n]), stream[n:]
	}
	return pieces
}

// forGWS returns the stream for gws that Reader and gws read the same. A frame that Reader refuses
// for the form of its length is replaced by one that gws refuses too. If Reader refused the stream,
// its last frame is completed, as gws reads a whole frame first.
func forGWS(stream []byte, limit int, refused bool) []byte {
	for at := 0; len(stream)-at >= 2; {
		header, n, least := masked(stream[at:])
		if end := at + header; end <= len(stream) && n < least {
			return append(stream[:at:at], 0xf2, 0x80, 0, 0, 0, 0)
		}
		lacks := at + header - len(stream)
		if n <= uint64(limit) {
			lacks += int(n)
		}
		if lacks > 0 && refused {
			return append(bytes.Clone(stream), make([]byte, lacks)...)
		}
		if lacks > 0 || n > uint64(limit) {
			break
		}
		at += header + int(n)
	}
	return stream
}

// masked reads the header of a frame, with zeros for missing bytes. It returns the size of the
// header, the length of the content, and the least length that may have this form.
func masked(b []byte) (size int, n, least uint64) {
	var long [8]byte
	switch n = uint64(b[1] & 0x7f); n {
	case 126:
		copy(long[6:], b[2:])
		return 8, binary.BigEndian.Uint64(long[:]), 126
	case 127:
		copy(long[:], b[2:])
		return 14, binary.BigEndian.Uint64(long[:]), 1 << 16
	}
	return 6, n, 0
}

// transcript has the frames that a reader returned for a stream, and how it ended.
type transcript struct {
	frames []Frame
	closed bool // the last of frames is a close frame
	code   int  // of the close frame to answer with; 0 when there is none, or it is empty
}

func (h *transcript) add(op Opcode, payload []byte) {
	h.frames = append(h.frames, Frame{Op: op, Payload: bytes.Clone(payload)})
}

// gwsConn is a connection whose client has sent everything. It records gws' events.
type gwsConn struct {
	net.Conn
	in  *bytes.Reader
	out []byte
	transcript
}

func (c *gwsConn) Read(b []byte) (int, error)  { return c.in.Read(b) }
func (c *gwsConn) Write(b []byte) (int, error) { c.out = append(c.out, b...); return len(b), nil }
func (c *gwsConn) SetDeadline(time.Time) error { return nil }
func (c *gwsConn) Close() error                { return nil }

type gwsEvents struct{}

func (gwsEvents) OnOpen(*gws.Conn) {}
func (gwsEvents) OnPing(s *gws.Conn, payload []byte) {
	s.NetConn().(*gwsConn).add(OpPing, payload)
}
func (gwsEvents) OnPong(s *gws.Conn, payload []byte) {
	s.NetConn().(*gwsConn).add(OpPong, payload)
}
func (gwsEvents) OnMessage(s *gws.Conn, m *gws.Message) {
	s.NetConn().(*gwsConn).add(Opcode(m.Opcode), m.Bytes())
}
func (gwsEvents) OnClose(s *gws.Conn, err error) {
	c := s.NetConn().(*gwsConn)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return
	}
	if payload := c.out[2:]; len(payload) > 0 { // its close frame
		c.code = int(binary.BigEndian.Uint16(payload))
	}
	if _, ok := errors.AsType[*gws.CloseError](err); ok {
		c.closed = true
	}
}

// readGWS reads the stream with gws.
func readGWS(t *testing.T, stream []byte, limit int) (h transcript) {
	c := &gwsConn{in: bytes.NewReader(stream)}
	server := gws.NewUpgrader(gwsEvents{}, &gws.ServerOption{ReadMaxPayloadSize: limit,
		CheckUtf8Enabled: true, ReadBufferSize: 512,
		Recovery: func(gws.Logger) {}})
	request := &http.Request{Method: http.MethodGet,
		Header: http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}}
	socket, err := server.UpgradeFromConn(c, bufio.NewReaderSize(c, 512), request)
	if err != nil {
		t.Fatal(err)
	}
	c.out = nil
	defer func() {
		if recover() != nil { // it takes a length of 2^63 or more for a negative one
			h = c.transcript
			h.code = ErrProtocol.Code
		}
	}()
	socket.ReadLoop()
	return c.transcript
}

// readAll reads the stream cut into pieces.
func readAll(pieces [][]byte, limit int) (h transcript) {
	var r Reader
	got, err := readFrames(&r, pieces, limit)
	if end := slices.IndexFunc(got, func(m Frame) bool { return m.Op == OpClose }); end >= 0 {
		return transcript{got[:end], true, closeAnswer(got[end].Payload)}
	}
	if why, ok := errors.AsType[*Error](err); ok {
		return transcript{got, false, why.Code}
	}
	return transcript{got, false, 0}
}

// closeAnswer returns the code with which gws answers a close frame, except for 1014, which gws
// refuses.
func closeAnswer(payload []byte) int {
	code, err := ParseClosePayload(payload)
	if why, ok := errors.AsType[*Error](err); ok {
		return why.Code
	}
	switch {
	case code == 1005:
		return 0
	case code == 1014:
		return ErrProtocol.Code
	case code < 3000:
		return 1000
	}
	return code
}
