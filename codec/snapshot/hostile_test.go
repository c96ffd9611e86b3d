package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// forge builds a snapshot around any payload, with any claim about its length
// and a checksum over state.
func forge(code byte, size uint64, state, payload []byte) []byte {
	b := append([]byte(magic), format, code, 1)
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

// streamed is a zstd frame that does not say how long its content is.
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
	tests := []struct {
		name  string
		in    []byte
		limit int
		want  error
	}{
		{"nothing", nil, limit, ErrTruncated},
		{"something else", []byte("SQLite format 3"), limit, ErrMagic},
		{"half a magic", []byte(magic[:2]), limit, ErrTruncated},
		{"a later format", change(good, formatAt, 5), limit, ErrFormat},
		{"a later format, cut", []byte(magic + "\x05"), limit, ErrFormat},
		{"a note that is not there", []byte(magic + "\x02\x00\x01\x03\x05abc"), limit, ErrTruncated},
		{"a note of unknown length", []byte(magic + "\x02\x00\x01\x03\xff"), limit, ErrTruncated},
		{"a note of no length", []byte(magic + "\x02\x00\x01\x03\x00\x00\x00\x00\x00abc"), limit, ErrNote},
		{"a note that is too long", []byte(magic + "\x02\x00\x01\x03\x81\x08"), limit, ErrNote},
		{"a note of 2^64 bytes", []byte(magic + "\x02\x00\x01\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), limit, ErrNote},
		{"a changed note", change(noted, versionAt+3, 'N'), limit, ErrChecksum},
		{"a note taken off", append(change(noted, formatAt, format)[:versionAt+2], noted[versionAt+7:]...), limit, ErrChecksum},
		{"a later algorithm", change(good, algorithmAt, 3), limit, ErrAlgorithm},
		{"endless version", append([]byte(magic+"\x01\x00"), bytes.Repeat([]byte{0xff}, 20)...), limit, ErrTruncated},
		{"one byte over the limit", good, len(text) - 1, ErrTooLarge},
		{"no limit at all", raw, -1, ErrTooLarge},
		{"a claim of 2^60 bytes", forge(1, 1<<60, nil, nil), limit, ErrTooLarge},
		{"a changed version", change(good, versionAt, 9), limit, ErrChecksum},
		{"a changed byte, raw", change(raw, -1, 'd'), limit, ErrChecksum},
		{"a byte too many, raw", append(bytes.Clone(raw), 'd'), limit, ErrPayload},
		{"zstd claim too small", forge(1, 9999, nil, good[13:]), limit, ErrPayload},
		{"zstd claim too large", forge(1, 10001, nil, good[13:]), limit, ErrPayload},
		{"zstd of unknown length", forge(1, 10000, text, streamed(text)), limit, ErrPayload},
		{"zstd twice", forge(1, 10000, nil, whole.EncodeAll(text, whole.EncodeAll(text, nil))), limit, ErrPayload},
		{"gzip claim too large", forge(2, 10001, nil, gzipped(text)), limit, ErrPayload},
		{"gzip twice", forge(2, 10000, text, append(gzipped(text), gzipped(text)...)), limit, ErrPayload},
		{"gzip cut", forge(2, 10000, text, gzipped(text)[:7]), limit, ErrTruncated},
		{"gzip trailer alone", forge(2, 10000, text, gzipped(text)[len(gzipped(text))-12:]), limit, ErrPayload},
		{"gzip without its middle", forge(2, 10000, text, append(gzipped(text)[:20], gzipped(text)[30:]...)), limit, ErrPayload},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if s, err := Decode(tt.in, tt.limit); !errors.Is(err, tt.want) || s.State != nil {
				t.Errorf("%d bytes and %v, want %v", len(s.State), err, tt.want)
			}
		})
	}
}

// TestEveryCutAndFlip does all damage of one cut or one bit to a small snapshot of
// each kind: what is still read (a flip in gzip's own header) is what was stored.
func TestEveryCutAndFlip(t *testing.T) {
	state, note := prose(300), []byte("what it goes back to")
	for a := range algorithms {
		b := mustAppend(t, Snapshot{Version: 1 << 20, State: state, Note: note}, a)
		for i := range b {
			if _, err := Decode(b[:i], limit); err == nil {
				t.Errorf("%v cut to %d bytes was read", a, i)
			}
			for bit := range 8 {
				s, err := Decode(change(b, i, b[i]^1<<bit), limit)
				if err == nil && (s.Version != 1<<20 || !bytes.Equal(s.State, state) || !bytes.Equal(s.Note, note)) {
					t.Errorf("%v with bit %d of byte %d flipped was read as something else", a, bit, i)
				}
			}
		}
	}
}

// TestBombsCostNothing decodes payloads that would expand to 64 MiB.
func TestBombsCostNothing(t *testing.T) {
	zeros := make([]byte, 64<<20)
	inZstd, inGzip := must(zstd.NewWriter(nil)).EncodeAll(zeros, nil), gzipped(zeros)
	tail := binary.LittleEndian.AppendUint32(bytes.Clone(inGzip[:len(inGzip)-4]), 1000)
	for name, b := range map[string][]byte{
		"zstd, honest claim":       forge(1, 64<<20, nil, inZstd),
		"zstd, small claim":        forge(1, 1000, nil, inZstd),
		"zstd, hidden behind good": forge(1, 4, nil, append(must(zstd.NewWriter(nil)).EncodeAll(zeros[:4], nil), inZstd...)),
		"gzip, honest claim":       forge(2, 64<<20, nil, inGzip),
		"gzip, small claim":        forge(2, 1000, nil, inGzip),
		"gzip, claim and trailer":  forge(2, 1000, nil, tail),
		"gzip, nothing there":      forge(2, limit, nil, binary.LittleEndian.AppendUint32(make([]byte, 30), limit)),
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
		}
	}
	f.Add(forge(1, 10, nil, streamed(prose(10))))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(b, 1<<20)
		if err != nil {
			return
		}
		if len(s.State) > 1<<20 {
			t.Fatalf("%d bytes passed the limit", len(s.State))
		}
		for a := range algorithms {
			back, err := Decode(mustAppend(t, s, a), 1<<20)
			if err != nil || back.Version != s.Version || !bytes.Equal(back.State, s.State) || !bytes.Equal(back.Note, s.Note) {
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
