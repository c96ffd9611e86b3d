package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// forge returns a snapshot with any payload, any length in its header, and a checksum over state.
func forge(code byte, size uint64, state, payload []byte) []byte {
	return forgeForm(format, code, size, state, payload)
}

// forgeFrames returns the same in the format whose payload may be several frames.
func forgeFrames(code byte, size uint64, state, payload []byte) []byte {
	return forgeForm(formatFrames, code, size, state, payload)
}

func forgeForm(form, code byte, size uint64, state, payload []byte) []byte {
	b := append([]byte(magic), form, code, 1)
	b = binary.AppendUvarint(b, size)
	b = binary.LittleEndian.AppendUint32(b, checksum(b, state))
	return append(b, payload...)
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

// streamed returns a zstd frame without the length of its content.
func streamed(b []byte) []byte {
	var out bytes.Buffer
	w := must(zstd.NewWriter(&out))
	_, _ = w.Write(b[:1])
	_ = w.Flush()
	_, _ = w.Write(b[1:])
	_ = w.Close()
	return out.Bytes()
}

func change(b []byte, at int, to byte) []byte {
	b = bytes.Clone(b)
	b[(at+len(b))%len(b)] = to
	return b
}

func TestDecodeRefuses(t *testing.T) {
	text := prose(10000)
	good := mustAppend(t, Snapshot{Version: 1, State: text}, Zstd)
	raw := mustAppend(t, Snapshot{Version: 1, State: []byte("abc")}, Raw)
	noted := mustAppend(t, Snapshot{Version: 1, State: []byte("abc"), Note: []byte("note")}, Raw)
	whole := zstdEncoders.New().(*zstd.Encoder)
	halves := whole.EncodeAll(text[5000:], whole.EncodeAll(text[:5000], nil))
	if s, err := Decode(forgeFrames(1, 10000, text, halves), limit); err != nil ||
		!bytes.Equal(s.State, text) {
		t.Fatalf("what is right is not read: %v", err)
	}
	tests := []struct {
		name  string
		in    []byte
		limit int
		want  error
	}{
		{"nothing", nil, limit, ErrTruncated},
		{"something else", []byte("SQLite format 3"), limit, ErrMagic},
		{"half a magic", []byte(magic[:2]), limit, ErrTruncated},
		{"a later format", change(good, formatAt, 7), limit, ErrFormat},
		{"a later format, cut", []byte(magic + "\x07"), limit, ErrFormat},
		{"a note that is not there", []byte(magic + "\x02\x00\x01\x03\x05abc"), limit,
			ErrTruncated},
		{"a note of unknown length", []byte(magic + "\x02\x00\x01\x03\xff"), limit, ErrTruncated},
		{"a note of no length", []byte(magic + "\x02\x00\x01\x03\x00\x00\x00\x00\x00abc"), limit,
			ErrNote},
		{"a note that is too long", []byte(magic + "\x02\x00\x01\x03\x81\x80\x80\x03"), limit,
			ErrNote},
		{"a note of 2^64 bytes", []byte(magic + "\x02\x00\x01\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), limit, ErrNote},
		{"fields that are not there", []byte(magic + "\x05\x00\x01\x03\x05abc"), limit,
			ErrTruncated},
		{"fields of 2^64 bytes", []byte(magic + "\x05\x00\x01\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), limit, ErrTruncated},
		{"a changed note", change(noted, versionAt+5, 'N'), limit, ErrChecksum},
		{"a note taken off", append(change(noted, formatAt, format)[:versionAt+2],
			noted[versionAt+9:]...), limit, ErrChecksum},
		{"a later algorithm", change(good, algorithmAt, 3), limit, ErrAlgorithm},
		{"endless version", append([]byte(magic+"\x01\x00"), bytes.Repeat([]byte{0xff}, 20)...),
			limit, ErrTruncated},
		{"one byte over the limit", good, len(text) - 1, ErrTooLarge},
		{"no limit at all", raw, -1, ErrTooLarge},
		{"a claim of 2^60 bytes", forge(1, 1<<60, nil, nil), limit, ErrTooLarge},
		{"a changed version", change(good, versionAt, 9), limit, ErrChecksum},
		{"a changed byte, raw", change(raw, -1, 'd'), limit, ErrChecksum},
		{"a byte too many, raw", append(bytes.Clone(raw), 'd'), limit, ErrPayload},
		{"zstd claim too small", forge(1, 9999, nil, good[13:]), limit, ErrPayload},
		{"zstd claim too large", forge(1, 10001, nil, good[13:]), limit, ErrPayload},
		{"zstd of unknown length", forge(1, 10000, text, streamed(text)), limit, ErrPayload},
		{"zstd and an empty frame", forge(1, 10000, text,
			append(whole.EncodeAll(text, nil), "\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00"...)), limit,
			ErrPayload},
		{"zstd cut in two", forge(1, 10000, text,
			whole.EncodeAll(text[5000:], whole.EncodeAll(text[:5000], nil))), limit, ErrPayload},
		{"frames with more than the claim", forgeFrames(1, 9999, nil, halves), limit, ErrPayload},
		{"frames with less than the claim", forgeFrames(1, 10001, nil, halves), limit, ErrPayload},
		{"no frames", forgeFrames(1, 0, nil, nil), limit, ErrPayload},
		{"one frame of two", forgeFrames(1, 10000, text, halves[:len(halves)-100]), limit,
			ErrTruncated},
		{"frames and a byte", forgeFrames(1, 10000, text, append(bytes.Clone(halves), 0)), limit,
			ErrPayload},
		{"a frame to be skipped", forgeFrames(1, 10000, text,
			append(bytes.Clone(halves), "\x50\x2a\x4d\x18\x00\x00\x00\x00"...)), limit, ErrPayload},
		{"frames, one of unknown length", forgeFrames(1, 15000, text,
			append(bytes.Clone(halves), streamed(text[:5000])...)), limit, ErrPayload},
		{"frames the wrong way round", forgeFrames(1, 10000, text,
			whole.EncodeAll(text[:5000], whole.EncodeAll(text[5000:], nil))), limit, ErrChecksum},
		{"gzip in frames", forgeFrames(2, 10000, text, gzipped(text)), limit, ErrAlgorithm},
		{"raw in frames", forgeFrames(0, 10000, text, text), limit, ErrAlgorithm},
		{"zstd twice", forge(1, 10000, nil, whole.EncodeAll(text, whole.EncodeAll(text, nil))),
			limit, ErrPayload},
		{"gzip claim too large", forge(2, 10001, nil, gzipped(text)), limit, ErrPayload},
		{"gzip twice", forge(2, 10000, text, append(gzipped(text), gzipped(text)...)), limit,
			ErrPayload},
		{"gzip cut", forge(2, 10000, text, gzipped(text)[:7]), limit, ErrTruncated},
		{"gzip trailer alone", forge(2, 10000, text, gzipped(text)[len(gzipped(text))-12:]), limit,
			ErrPayload},
		{"gzip without its middle", forge(2, 10000, text,
			append(gzipped(text)[:20], gzipped(text)[30:]...)), limit, ErrPayload},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if s, err := Decode(tt.in, tt.limit); !errors.Is(err, tt.want) || s.State != nil {
				t.Errorf("%d bytes and %v, want %v", len(s.State), err, tt.want)
			}
		})
	}
}

// TestDecodeDamaged truncates a small snapshot of each kind at each byte, and flips each bit. It
// shows that Decode fails or, after a flip in gzip's own header, returns the same state.
func TestDecodeDamaged(t *testing.T) {
	state, note := prose(1200), []byte("what it goes back to")
	in := Snapshot{1 << 20, state, note, 1<<40 | 7, []byte("ann"), []byte("two"), Deletion{5, "bob"}, []byte{3, 4}}
	for a := range algorithms {
		for _, cuts := range [][]int{nil, {1, 600}} {
			b := must(new(Pieces).Append(nil, in, cuts, a))
			if frames := b[formatAt] == formatFramesFields; frames != (a == Zstd && cuts != nil) {
				t.Errorf("%v with cuts %v is in format %d", a, cuts, b[formatAt])
			}
			damage(t, b, in)
		}
	}
}

func damage(t *testing.T, b []byte, in Snapshot) {
	t.Helper()
	for i := range b {
		if _, err := Decode(b[:i], limit); err == nil {
			t.Errorf("cut to %d bytes of %d it was read", i, len(b))
		}
		for bit := range 8 {
			s, err := Decode(change(b, i, b[i]^1<<bit), limit)
			if err == nil && !same(s, in) {
				t.Errorf("with bit %d of byte %d of %d flipped it was read as something else", bit,
					i, len(b))
			}
		}
	}
}

// TestDecodeBombs shows that payloads that would expand to 64 MiB are refused without taking that
// memory.
func TestDecodeBombs(t *testing.T) {
	zeros := make([]byte, 64<<20)
	inZstd, inGzip := must(zstd.NewWriter(nil)).EncodeAll(zeros, nil), gzipped(zeros)
	frames := must(zstd.NewWriter(nil)).EncodeAll(zeros[:1<<20], nil)
	tail := binary.LittleEndian.AppendUint32(bytes.Clone(inGzip[:len(inGzip)-4]), 1000)
	for name, b := range map[string][]byte{
		"zstd, honest claim":         forge(1, 64<<20, nil, inZstd),
		"zstd, small claim":          forge(1, 1000, nil, inZstd),
		"zstd, hidden behind good":   forge(1, 4, nil, append(must(zstd.NewWriter(nil)).EncodeAll(zeros[:4], nil), inZstd...)),
		"frames, honest claim":       forgeFrames(1, 64<<20, nil, slices.Concat(inZstd, inZstd)),
		"frames, small claim":        forgeFrames(1, 1000, nil, inZstd),
		"frames, hidden behind good": forgeFrames(1, 4, nil, append(must(zstd.NewWriter(nil)).EncodeAll(zeros[:4], nil), inZstd...)),
		"frames, large claim":        forgeFrames(1, limit, nil, frames),
		"zstd, large claim":          forge(1, limit, nil, frames),
		"frames, cut":                forgeFrames(1, 1<<20, nil, frames[:len(frames)-1]),
		"gzip, honest claim":         forge(2, 64<<20, nil, inGzip),
		"gzip, small claim":          forge(2, 1000, nil, inGzip),
		"gzip, claim and trailer":    forge(2, 1000, nil, tail),
		"gzip, nothing there":        forge(2, limit, nil, binary.LittleEndian.AppendUint32(make([]byte, 30), limit)),
	} {
		t.Run(name, func(t *testing.T) {
			if n := allocated(func() {
				if _, err := Decode(b, limit); err == nil {
					t.Error("it was read")
				}
			}); n > 1<<20 {
				t.Errorf("%d bytes were allocated", n)
			}
		})
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func FuzzDecode(f *testing.F) {
	for _, state := range [][]byte{nil, []byte("abc"), prose(700), noise(700), make([]byte, 1<<16)} {
		for a := range algorithms {
			f.Add(mustAppend(f, Snapshot{Version: uint64(len(state)), State: state}, a))
			f.Add(mustAppend(f, Snapshot{Version: 1, State: state, Note: []byte("note")}, a))
			f.Add(mustAppend(f, Snapshot{1, state, []byte("note"), 77, []byte("ann"), nil, Deletion{1, ""}, []byte("f")}, a))
			f.Add(must(new(Pieces).Append(nil, Snapshot{Version: 1, State: state},
				[]int{len(state) / 3, len(state) / 2}, a)))
		}
	}
	f.Add(forge(1, 10, nil, streamed(prose(10))))
	f.Add([]byte("CvRt\x02\x00\xac\x02\x03\x02hi\xf9\x02X\xd6abc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(b, 1<<20)
		if err != nil {
			return
		}
		if len(s.State) > 1<<20 {
			t.Fatalf("%d bytes passed the limit", len(s.State))
		}
		for a := range 2 * algorithms {
			var cuts []int
			if a >= algorithms {
				cuts = []int{len(s.State) / 3, len(s.State) / 2}
			}
			back, err := Decode(must(new(Pieces).Append(nil, s, cuts, a%algorithms)), 1<<20)
			if err != nil || !same(back, s) {
				t.Fatalf("%v did not come back: %v", a, err)
			}
		}
	})
}

func ExampleDecode() {
	b, _ := Append(nil, Snapshot{Version: 42, State: []byte("the whole document")}, Zstd)
	s, err := Decode(b, 8<<20)
	fmt.Printf("%d %s %v\n", s.Version, s.State, err)
	// Output: 42 the whole document <nil>
}
