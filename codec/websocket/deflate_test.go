package websocket

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// joined returns the payload, opcode and compression of a message of unmasked frames.
func joined(t *testing.T, message []byte) (op Opcode, compressed bool, payload []byte) {
	t.Helper()
	op, compressed = Opcode(message[0]&0x0f), message[0]&compressedBit != 0
	for first := true; len(message) > 0; first = false {
		if next := Opcode(message[0] & 0x0f); !first && next != OpContinuation || !first && message[0]&compressedBit != 0 {
			t.Fatalf("a later frame begins with %#x", message[0])
		}
		fin := message[0]&finBit != 0
		part, rest := unwrap(message)
		if len(message)-len(rest) > MaxFrame || fin != (len(rest) == 0) {
			t.Fatalf("a frame of %d bytes, the last: %v", len(message)-len(rest), fin)
		}
		payload, message = append(payload, part...), rest
	}
	return op, compressed, payload
}

func wrapped(payload []byte, text bool) []byte {
	return WrapMessage(append(make([]byte, MaxHeader), payload...), text)
}

// contents are payloads that compress well, a little, and not at all.
func contents() map[string][]byte {
	random := make([]byte, 200_000)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range random {
		random[i] = byte(rng.Uint32())
	}
	letters := make([]byte, 300_000)
	for i := range letters {
		letters[i] = "the council met on tuesday"[rng.IntN(26)]
	}
	return map[string][]byte{
		"empty": {}, "short": []byte("dogs on leads"), "zeros": make([]byte, 1<<20),
		"random": random, "letters": letters, "one KiB": letters[:1<<10], "one fragment": letters[:MaxFragment],
	}
}

// TestDeflate shows that a compressed message has the content, opcode and fragments of the one that
// it was made of, is never longer, and that short messages and those that would not be shorter stay
// as they are.
func TestDeflate(t *testing.T) {
	for name, content := range contents() {
		for _, text := range []bool{false, true} {
			message := wrapped(content, text)
			before := bytes.Clone(message)
			deflated := Deflate(message)
			if !bytes.Equal(before, message) || len(deflated) > len(message) {
				t.Errorf("%s: %d bytes became %d", name, len(message), len(deflated))
			}
			op, compressed, payload := joined(t, deflated)
			wantOp, _, _ := joined(t, message)
			if want := name != "empty" && name != "short" && name != "random"; compressed != want || op != wantOp {
				t.Errorf("%s: compressed %v, opcode %d", name, compressed, op)
			}
			if compressed {
				inflated, err := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(payload), bytes.NewReader(inflateEnd))))
				if err != nil || !bytes.Equal(inflated, content) {
					t.Errorf("%s: the standard library inflates it to %d bytes, %v", name, len(inflated), err)
				}
				mustInflate(t, name, payload, content)
			}
		}
	}
}

// mustInflate checks the content of a payload, and that it is refused with a byte less.
func mustInflate(t *testing.T, name string, payload, content []byte) {
	t.Helper()
	got, err := AppendInflated([]byte("before"), payload, len(content))
	if err != nil || string(got) != "before"+string(content) {
		t.Errorf("%s: %d bytes of %d, %v", name, len(got)-6, len(content), err)
	}
	if n, err := InflatedLen(payload, len(content)); n != len(content) || err != nil {
		t.Errorf("%s: length %d of %d, %v", name, n, len(content), err)
	}
	if len(content) == 0 {
		return
	}
	if _, err := AppendInflated(nil, payload, len(content)-1); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%s: with a byte less: %v", name, err)
	}
	if _, err := InflatedLen(payload, len(content)-1); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%s: its length with a byte less: %v", name, err)
	}
}

// TestInflateExamples checks the examples of RFC 7692, 7.2.3: one block, a stored block, a block
// with the final bit and an empty one behind it, two blocks.
func TestInflateExamples(t *testing.T) {
	for _, payload := range []string{
		"\xf2\x48\xcd\xc9\xc9\x07\x00",
		"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
		"\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
		"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
	} {
		mustInflate(t, "Hello", []byte(payload), []byte("Hello"))
	}
	mustInflate(t, "empty", []byte("\x00"), nil)
}

// TestInflateBomb shows that a payload which inflates to a thousand times its length is refused
// with little memory.
func TestInflateBomb(t *testing.T) {
	_, _, bomb := joined(t, Deflate(wrapped(make([]byte, 64<<20), false)))
	const limit = 100_000
	var got []byte
	n := testing.AllocsPerRun(10, func() { got, _ = AppendInflated(nil, bomb, limit) })
	if cap(got) > 4*limit || n > 40 {
		t.Errorf("%d bytes in %v allocations for a bomb of %d bytes", cap(got), n, len(bomb))
	}
	if _, err := InflatedLen(bomb, limit); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
}

// TestInflateInvalid shows that invalid payloads are errors, and that the next one is read after
// them.
func TestInflateInvalid(t *testing.T) {
	_, _, good := joined(t, Deflate(wrapped(bytes.Repeat([]byte("good"), 1000), false)))
	for _, payload := range []string{"\xff", "\x07\x00", "\x00\x05\x00\x00\x00", strings.Repeat("\xff", 5000), string(good[:len(good)/2]) + "\xff\xff"} {
		if _, err := AppendInflated(nil, []byte(payload), 1<<20); !errors.Is(err, ErrProtocol) {
			t.Errorf("%.20x: %v", payload, err)
		}
		if _, err := InflatedLen([]byte(payload), 1<<20); !errors.Is(err, ErrProtocol) {
			t.Errorf("%.20x: length: %v", payload, err)
		}
		if _, err := AppendInflated(nil, good, 4000); err != nil {
			t.Errorf("after %.20x: %v", payload, err)
		}
	}
}

// TestCompressedFrames shows that RSV1 is read on the first frame of a message where compression
// was agreed on, and that it is an error elsewhere.
func TestCompressedFrames(t *testing.T) {
	key := [4]byte{1, 2, 3, 4}
	mark := func(frame []byte) []byte { frame[0] |= compressedBit; return frame }
	whole := mark(appendMasked(nil, OpText, true, key, []byte("\xf2\x48")))
	first := mark(appendMasked(nil, OpBinary, false, key, []byte("a")))
	last := appendMasked(nil, OpContinuation, true, key, []byte("b"))
	for name, c := range map[string]struct {
		stream     []byte
		compressed bool // Limits.Compression
		want       Frame
		err        error
	}{
		"whole":                {whole, true, Frame{OpText, true, []byte("\xf2\x48")}, nil},
		"fragments":            {append(bytes.Clone(first), last...), true, Frame{OpBinary, true, []byte("ab")}, nil},
		"not agreed on":        {whole, false, Frame{}, ErrProtocol},
		"a later frame":        {append(bytes.Clone(first), mark(bytes.Clone(last))...), true, Frame{}, ErrProtocol},
		"a ping":               {mark(appendMasked(nil, OpPing, true, key, nil)), true, Frame{}, ErrProtocol},
		"not a compressed one": {appendMasked(nil, OpBinary, true, key, []byte("ab")), true, Frame{OpBinary, false, []byte("ab")}, nil},
	} {
		for size := 1; size <= len(c.stream); size++ {
			var r Reader
			var got Frame
			var err error
			for rest := bytes.Clone(c.stream); len(rest) > 0 && err == nil && got.Op == 0; {
				n := min(size, len(rest))
				got, _, _, err = r.NextWithin(rest[:n:n], Limits{Message: 100, Compression: c.compressed})
				rest = rest[n:]
			}
			if !errors.Is(err, c.err) || got.Op != c.want.Op || got.Compressed != c.want.Compressed || !bytes.Equal(got.Payload, c.want.Payload) {
				t.Errorf("%s, in pieces of %d: %+v, %v", name, size, got, err)
			}
		}
	}
}

// FuzzInflate compares AppendInflated and InflatedLen with each other and with the standard
// library.
func FuzzInflate(f *testing.F) {
	for _, content := range contents() {
		if message := Deflate(wrapped(content[:min(len(content), 5000)], false)); message[0]&compressedBit != 0 {
			payload, _ := unwrap(message)
			f.Add(payload)
		}
	}
	f.Add([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		const limit = 1 << 16
		before := bytes.Clone(payload)
		got, err := AppendInflated(nil, payload, limit)
		n, lengthErr := InflatedLen(payload, limit)
		if err != lengthErr || err == nil && n != len(got) || !bytes.Equal(before, payload) {
			t.Fatalf("%d bytes, %v; length %d, %v", len(got), err, n, lengthErr)
		}
		std, stdErr := io.ReadAll(io.LimitReader(flate.NewReader(io.MultiReader(bytes.NewReader(payload), bytes.NewReader(inflateEnd))), limit+1))
		if err == nil && (stdErr != nil || !bytes.Equal(std, got)) {
			t.Fatalf("the standard library: %d bytes, %v; ours %d", len(std), stdErr, len(got))
		}
		if err != nil && stdErr == nil && len(std) <= limit {
			t.Fatalf("%v, the standard library: %d bytes", err, len(std))
		}
	})
}
