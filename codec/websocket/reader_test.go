package websocket

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

const frameLimit = 200 << 10

// frameKey is an ordinary key: no two bytes are the same.
var frameKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// appendMasked appends a frame as clients send them.
func appendMasked(dst []byte, op Opcode, fin bool, key [4]byte, payload []byte) []byte {
	header := len(dst)
	dst = AppendHeader(dst, op, fin, len(payload))
	dst[header+1] |= maskBit
	dst = append(dst, key[:]...)
	for i, c := range payload {
		dst = append(dst, c^key[i%4])
	}
	return dst
}

// final and part return a frame that ends a message, and one that does not.
func final(op Opcode, payload string) string {
	return string(appendMasked(nil, op, true, frameKey, []byte(payload)))
}

func part(op Opcode, payload string) string {
	return string(appendMasked(nil, op, false, frameKey, []byte(payload)))
}

// raw returns a frame that is given in hex.
func raw(text string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// readFrames reads a stream that comes in pieces. err is the error that ended it. Each piece is in
// a buffer that is overwritten after it is read.
func readFrames(r *Reader, pieces [][]byte, limit int) (got []Frame, err error) {
	for _, piece := range pieces {
		buf := bytes.Clone(piece)
		for rest := buf; ; {
			m, behind, ok, err := r.Next(rest, limit)
			if err != nil {
				return got, err
			}
			if !ok {
				if len(behind) > 0 {
					return got, fmt.Errorf("%d bytes were left", len(behind))
				}
				break
			}
			got, rest = append(got, Frame{Op: m.Op, Payload: bytes.Clone(m.Payload)}), behind
		}
		for i := range buf {
			buf[i] = 0xee
		}
	}
	return got, nil
}

func sameFrames(a, b []Frame) bool {
	return slices.EqualFunc(a, b, func(a, b Frame) bool { return a.Op == b.Op && bytes.Equal(a.Payload, b.Payload) })
}

func showFrames(all []Frame) string {
	var s strings.Builder
	for _, m := range all {
		fmt.Fprintf(&s, " %d:%d:%.20q", m.Op, len(m.Payload), m.Payload)
	}
	return s.String()
}

// frameCase is a stream, and the frames that are read of it before err.
type frameCase struct {
	name   string
	stream string
	want   []Frame
	err    error
}

func frames(all ...Frame) []Frame       { return all }
func text(payload string) Frame         { return Frame{Op: OpText, Payload: []byte(payload)} }
func bin(payload string) Frame          { return Frame{Op: OpBinary, Payload: []byte(payload)} }
func control(op Opcode, s string) Frame { return Frame{Op: op, Payload: []byte(s)} }

// frameCases follow the chapters of the Autobahn test suite.
func frameCases() []frameCase {
	long := strings.Repeat("0123456789", 20<<10)
	cases := []frameCase{
		{"nothing", "", nil, nil},
		{"two messages", final(OpText, "a") + final(OpBinary, "\xff"),
			frames(text("a"), bin("\xff")), nil},
		{"RFC 6455, 5.7", raw("8185 37fa213d 7f9f4d5158"), frames(text("Hello")), nil},

		{"2.1 ping", final(OpPing, ""), frames(control(OpPing, "")), nil},
		{"2.3 binary ping", final(OpPing, "\x00\xff\xfe"), frames(control(OpPing, "\x00\xff\xfe")),
			nil},
		{"2.4 longest ping", final(OpPing, long[:125]), frames(control(OpPing, long[:125])), nil},
		{"2.5 ping too long", final(OpPing, long[:126]), nil, ErrProtocol},
		{"2.7 pong", final(OpPong, "x") + final(OpPing, "y"),
			frames(control(OpPong, "x"), control(OpPing, "y")), nil},
		{"close too long", final(OpClose, long[:126]), nil, ErrProtocol},

		{"3.1 RSV3", raw("91 80 00000000"), nil, ErrProtocol},
		{"3.2 RSV2, behind a message", final(OpText, "a") + raw("a1 80 00000000"),
			frames(text("a")), ErrProtocol},
		{"3.5 RSV1", raw("c2 80 00000000"), nil, ErrProtocol},
		{"3.6 RSV of a ping", raw("d9 80 00000000"), nil, ErrProtocol},
		{"3.7 RSV of a close", raw("f8 80 00000000"), nil, ErrProtocol},
		{"RSV of a continuation", part(OpText, "a") + raw("c0 80 00000000"), nil, ErrProtocol},

		{"unmasked", raw("81 01 61"), nil, ErrProtocol},
		{"unmasked ping", raw("89 00"), nil, ErrProtocol},

		{"5.1 fragmented ping", part(OpPing, "a") + final(OpContinuation, "b"), nil, ErrProtocol},
		{"5.2 fragmented pong", part(OpPong, "a") + final(OpContinuation, "b"), nil, ErrProtocol},
		{"fragmented close", part(OpClose, ""), nil, ErrProtocol},
		{"5.3 two fragments", part(OpText, "fragment1") + final(OpContinuation, "fragment2"),
			frames(text("fragment1fragment2")), nil},
		{"5.6 ping between", part(OpText, "a") + final(OpPing, "p") + final(OpContinuation, "b"),
			frames(control(OpPing, "p"), text("ab")), nil},
		{"5.9 continuation of nothing", final(OpContinuation, "a") + final(OpText, "b"), nil,
			ErrProtocol},
		{"5.12 continuation of nothing, not final", part(OpContinuation, "a"), nil, ErrProtocol},
		{"5.14 continuation of a whole message", final(OpText, "a") + part(OpContinuation, "b"),
			frames(text("a")), ErrProtocol},
		{"5.15 continuation of what has ended",
			part(OpText, "a") + final(OpContinuation, "b") + final(OpContinuation, "c"),
			frames(text("ab")), ErrProtocol},
		{"5.18 text within text", part(OpText, "a") + final(OpText, "b"), nil, ErrProtocol},
		{"binary within text, not final", part(OpText, "a") + part(OpBinary, "b"), nil,
			ErrProtocol},
		{"5.19 pings between five fragments",
			part(OpText, "1") + part(OpContinuation, "2") + final(OpPing,
				"p") + part(OpContinuation, "3") + part(OpContinuation, "4") + final(OpPing,
				"q") + final(OpContinuation, "5") + final(OpPong, ""),
			frames(control(OpPing, "p"), control(OpPing, "q"), text("12345"), control(OpPong, "")),
			nil},
		{"close between", part(OpText, "a") + final(OpClose, "\x03\xe8"),
			frames(control(OpClose, "\x03\xe8")), nil},
		{"longest ping between, then another message",
			part(OpBinary, "a") + final(OpPing, long[:125]) + final(OpContinuation,
				"") + final(OpText, "c"),
			frames(control(OpPing, long[:125]), bin("a"), text("c")), nil},

		{"6.1 empty text", final(OpText, ""), frames(text("")), nil},
		{"6.1 empty fragments", part(OpText, "") + part(OpContinuation, "") + final(OpContinuation,
			""), frames(text("")), nil},
		{"6.1 empty but for the middle", part(OpText, "") + part(OpContinuation,
			"m") + final(OpContinuation, ""), frames(text("m")), nil},
		{"6.2 UTF-8", final(OpText, "Hello-µ@ßöäüàá-UTF-8!!"),
			frames(text("Hello-µ@ßöäüàá-UTF-8!!")), nil},
		{"6.2 UTF-8 in fragments", part(OpText, "Hello-µ@ßöä") + final(OpContinuation,
			"üàá-UTF-8!!"), frames(text("Hello-µ@ßöäüàá-UTF-8!!")), nil},
		{"6.2 a character over fragments", part(OpText, "\xce") + part(OpContinuation,
			"\xba\xe1") + final(OpPing, "\xff") + part(OpContinuation,
			"\xbd") + final(OpContinuation, "\xb9"),
			frames(control(OpPing, "\xff"), text("κ\u1f79")), nil},
		{"6.3 invalid", final(OpText, "κόσμε\xed\xa0\x80edited"), nil, ErrUTF8},
		{"6.4 invalid in the first fragment",
			part(OpText, "κόσμε\xf4\x90\x80\x80") + final(OpContinuation, "edited"), nil, ErrUTF8},
		{"6.6 cut character", final(OpText, "\xce\xba\xe1\xbd"), nil, ErrUTF8},
		{"6.6 cut character in fragments", part(OpText, "\xce\xba\xe1") + final(OpContinuation,
			"\xbd"), nil, ErrUTF8},
		{"6.10 surrogate", final(OpText, "\xed\xbf\xbf"), nil, ErrUTF8},
		{"6.12 overlong", final(OpText, "\xc0\xaf"), nil, ErrUTF8},
		{"6.14 continuation byte alone", final(OpText, "\x80"), nil, ErrUTF8},
		{"6.22 noncharacter", final(OpText, "\ufffe\U0010ffff"), frames(text("\ufffe\U0010ffff")),
			nil},
		{"binary is no text", part(OpBinary, "\xff") + final(OpContinuation, "\xfe"),
			frames(bin("\xff\xfe")), nil},

		{"7.1 frames behind a close", final(OpClose, "") + final(OpPing, "x"),
			frames(control(OpClose, ""), control(OpPing, "x")), nil},
		{"7.3 close of a byte", final(OpClose, "a"), frames(control(OpClose, "a")), nil},
		{"7.3 longest reason", final(OpClose, "\x03\xe8"+long[:123]),
			frames(control(OpClose, "\x03\xe8"+long[:123])), nil},

		{"length of 125 in two bytes", raw("82 fe 007d 00000000"), nil, ErrProtocol},
		{"length of 0 in eight bytes", raw("82 ff 0000000000000000 00000000"), nil, ErrProtocol},
		{"length of 65535 in eight bytes", raw("82 ff 000000000000ffff 00000000"), nil,
			ErrProtocol},
		{"length of 2^63", raw("82 ff 8000000000000000 00000000"), nil, ErrProtocol},
		{"length of 2^63-1", raw("82 ff 7fffffffffffffff 00000000"), nil, ErrTooLarge},
		{"ping with a length in two bytes", raw("89 fe 0001 00000000 00"), nil, ErrProtocol},
		{"ping with a length in eight bytes", raw("89 ff 7fffffffffffffff 00000000"), nil,
			ErrProtocol},

		{"longest", final(OpText, long[:frameLimit]), frames(text(long[:frameLimit])), nil},
		{"too long", raw("82 ff 0000000000032001 00000000"), nil, ErrTooLarge},
		{"longest in fragments", part(OpBinary, long[:frameLimit-5]) + final(OpPing,
			"p") + final(OpContinuation, "12345"),
			frames(control(OpPing, "p"), bin(long[:frameLimit-5]+"12345")), nil},
		{"too long in fragments", part(OpBinary, long[:frameLimit-5]) + raw("00 86 00000000"), nil,
			ErrTooLarge},
		{"too long by what is no frame", part(OpBinary, long[:frameLimit]) + raw("80 7f"), nil,
			ErrProtocol},
	}
	for _, op := range []Opcode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		cases = append(cases, frameCase{fmt.Sprintf("4. opcode %d", op),
			final(OpText, "a") + final(op, ""), frames(text("a")), ErrProtocol})
	}
	for _, n := range []int{0, 1, 125, 126, 127, 128, 65535, 65536} {
		cases = append(cases,
			frameCase{fmt.Sprintf("1.1 text of %d", n), final(OpText, long[:n]),
				frames(text(long[:n])), nil},
			frameCase{fmt.Sprintf("1.2 binary of %d", n), final(OpBinary, long[:n]),
				frames(bin(long[:n])), nil})
	}
	for _, size := range []int{1, 64, 1000, 4096} {
		message, stream := long[:10*size], part(OpText, "")
		for i := 0; i < len(message); i += size {
			stream += part(OpContinuation, message[i:i+size])
		}
		cases = append(cases, frameCase{fmt.Sprintf("9.3 fragments of %d", size),
			stream + final(OpContinuation, ""), frames(text(message)), nil})
	}
	return cases
}

func TestReader(t *testing.T) {
	for _, tt := range frameCases() {
		check := func(how string, pieces ...[]byte) {
			var r Reader
			if got, err := readFrames(&r, pieces, frameLimit); !errors.Is(err, tt.err) ||
				!sameFrames(got, tt.want) {
				t.Errorf("%s, %s:%s, %v; want%s, %v", tt.name, how, showFrames(got), err,
					showFrames(tt.want), tt.err)
			}
			if r.partial != nil && tt.err != nil {
				t.Errorf("%s, %s: something is held after an error", tt.name, how)
			}
		}
		stream := []byte(tt.stream)
		check("whole", stream)
		if len(stream) > 5000 {
			check("in reads of 4096", slices.Collect(slices.Chunk(stream, 4096))...)
			continue
		}
		check("in bytes", slices.Collect(slices.Chunk(stream, 1))...)
		for i := range stream {
			check(fmt.Sprint("cut at ", i), stream[:i], stream[i:])
		}
	}
}

func TestReaderPending(t *testing.T) {
	header := func(op Opcode, n int) []byte { return appendMasked(nil, op, true, frameKey, make([]byte, n)) }
	var r Reader
	for _, tt := range []struct {
		name string
		b    []byte
		want int
	}{
		{"nothing", nil, 0},
		{"a byte", header(OpText, 1000)[:1], 5},
		{"a short length", header(OpText, 20)[:2], 24},
		{"a long length, not whole", header(OpText, 1000)[:3], 5},
		{"a longer length, not whole", header(OpText, 70000)[:3], 11},
		{"a length, but not the key", header(OpText, 1000)[:7], 1},
		{"a header", header(OpText, 1000)[:8], 1000},
		{"a longer header", header(OpText, 70000)[:14], 70000},
		{"content", header(OpText, 1000)[:1007], 1},
		{"all", header(OpText, 1000), 0},
		{"a fragment", appendMasked(nil, OpText, false, frameKey, []byte("abc")), 0},
		{"a fragment and more", append(appendMasked(nil, OpText, false, frameKey, []byte("abc")),
			header(OpPing, 9)[:7]...), 8},
	} {
		r = Reader{}
		if _, err := readFrames(&r, [][]byte{tt.b}, frameLimit); err != nil ||
			r.Pending() != tt.want {
			t.Errorf("%s: %d, %v; want %d", tt.name, r.Pending(), err, tt.want)
		}
	}
}

func TestParseClosePayload(t *testing.T) {
	valid := func(code int) bool {
		return code >= 3000 && code < 5000 ||
			slices.Contains([]int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013,
				1014}, code)
	}
	for want := range math.MaxUint16 + 1 {
		payload := AppendClosePayload(nil, want, "bye")
		if code, err := ParseClosePayload(payload); valid(want) != (err == nil) || err == nil &&
			code != want || err != nil && !errors.Is(err, ErrProtocol) {
			t.Errorf("%d: %d, %v", want, code, err)
		}
	}
	for _, tt := range []struct {
		name, payload string
		code          int
		err           error
	}{
		{"empty", "", 1005, nil},
		{"a byte", "\x03", 0, ErrProtocol},
		{"no reason", "\x03\xe8", 1000, nil},
		{"reason", "\x03\xe8größer", 1000, nil},
		{"7.5.1 reason cut", "\x03\xe8\xce\xba\xe1\xbd", 0, ErrUTF8},
		{"both wrong", "\x00\x00\xff", 0, ErrUTF8},
	} {
		if code, err := ParseClosePayload([]byte(tt.payload)); code != tt.code ||
			!errors.Is(err, tt.err) {
			t.Errorf("%s: %d, %v", tt.name, code, err)
		}
	}
}

func TestErrorCodes(t *testing.T) {
	for err, code := range map[error]int{ErrProtocol: 1002, ErrUTF8: 1007, ErrTooLarge: 1009} {
		if why := (*Error)(nil); !errors.As(fmt.Errorf("wrapped: %w", err), &why) ||
			why.Code != code {
			t.Errorf("%v has code %d", err, why.Code)
		}
	}
}

func TestUnmask(t *testing.T) {
	for n := range 300 {
		b := bytes.Repeat([]byte{0x5a}, n+1)
		unmask(b[:n], binary.LittleEndian.Uint32(frameKey[:]))
		for i, c := range b[:n] {
			if c != 0x5a^frameKey[i%4] {
				t.Fatalf("byte %d of %d is %#x", i, n, c)
			}
		}
		if b[n] != 0x5a {
			t.Fatalf("the byte behind %d was changed", n)
		}
	}
}
