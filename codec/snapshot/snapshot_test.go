package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

const limit = 16 << 20

// prose is n bytes that compress about as well as people's writing does.
func prose(n int) []byte {
	words := strings.Fields("the council of this town hereby resolves that every record is open to read and to amend by its people")
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 0, n+16)
	for len(b) < n {
		b = append(append(b, words[random.IntN(len(words))]...), ' ')
	}
	return b[:n]
}

// noise is n bytes that do not compress.
func noise(n int) []byte {
	random := rand.NewChaCha8([32]byte{7})
	b := make([]byte, n)
	_, _ = random.Read(b)
	return b
}

func mustAppend(t testing.TB, s Snapshot, a Algorithm) []byte {
	t.Helper()
	b, err := Append(nil, s, a)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	states := map[string][]byte{
		"empty": {}, "one byte": {0}, "short": []byte("hi"), "prose 1 KiB": prose(1 << 10),
		"prose 128 KiB + 1": prose(128<<10 + 1), "prose 8 MiB": prose(8 << 20),
		"zeros 1 MiB": make([]byte, 1<<20), "noise 1 MiB": noise(1 << 20),
	}
	for name, state := range states {
		for a := range algorithms {
			for _, version := range []uint64{0, 300, math.MaxUint64} {
				t.Run(fmt.Sprintf("%s/%v/%d", name, a, version), func(t *testing.T) {
					b := mustAppend(t, Snapshot{Version: version, State: state}, a)
					if most := len(state) + MaxOverhead - slack; len(b) > most {
						t.Errorf("%d bytes stored for %d, more than %d", len(b), len(state), most)
					}
					got, err := Decode(b, len(state))
					if err != nil {
						t.Fatal(err)
					}
					if got.Version != version || !bytes.Equal(got.State, state) {
						t.Errorf("version %d and %d bytes came back", got.Version, len(got.State))
					}
				})
			}
		}
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	for a := range algorithms {
		b, err := Append([]byte("before"), Snapshot{Version: 1, State: prose(5000)}, a)
		if err != nil || !bytes.HasPrefix(b, []byte("before"+magic)) {
			t.Fatalf("%v: %v, starts with %q", a, err, b[:10])
		}
		if _, err := Decode(b[len("before"):], limit); err != nil {
			t.Errorf("%v: %v", a, err)
		}
	}
}

func TestStoredAlgorithm(t *testing.T) {
	tests := []struct {
		name  string
		state []byte
		a     Algorithm
		code  byte
	}{
		{"zero value is zstd", prose(4096), 0, 1},
		{"gzip", prose(4096), Gzip, 2},
		{"raw", prose(4096), Raw, 0},
		{"noise is not worth zstd", noise(4096), Zstd, 0},
		{"noise is not worth gzip", noise(4096), Gzip, 0},
		{"nothing to compress", nil, Zstd, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if b := mustAppend(t, Snapshot{Version: 1, State: tt.state}, tt.a); b[algorithmAt] != tt.code {
				t.Errorf("stored with algorithm %d, want %d", b[algorithmAt], tt.code)
			}
		})
	}
	if b, err := Append([]byte("x"), Snapshot{}, algorithms); !errors.Is(err, ErrAlgorithm) || string(b) != "x" {
		t.Errorf("an unknown algorithm gave %q, %v", b, err)
	}
}

// TestLayout pins the bytes: what is stored today must be readable for good.
func TestLayout(t *testing.T) {
	got := mustAppend(t, Snapshot{Version: 300, State: []byte("abc")}, Raw)
	want := []byte("CvRt\x01\x00\xac\x02\x03\x00\x00\x00\x00abc")
	binary.LittleEndian.PutUint32(want[9:], checksum(want[:9], []byte("abc")))
	if !bytes.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if sum := binary.LittleEndian.Uint32(got[9:]); sum != 0x01add268 {
		t.Errorf("checksum %#08x", sum)
	}
}

// TestNoteLayout pins those of a snapshot with a note.
func TestNoteLayout(t *testing.T) {
	got := mustAppend(t, Snapshot{Version: 300, State: []byte("abc"), Note: []byte("hi")}, Raw)
	want := []byte("CvRt\x02\x00\xac\x02\x03\x02hi\x00\x00\x00\x00abc")
	binary.LittleEndian.PutUint32(want[12:], checksum(want[:12], []byte("abc")))
	if !bytes.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestNotes(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, MaxNote} {
		for a := range algorithms {
			in := Snapshot{Version: 7, State: prose(5000), Note: noise(n)}
			b := mustAppend(t, in, a)
			if most := len(in.State) + n + MaxOverhead - slack; len(b) > most {
				t.Errorf("%d bytes stored, more than %d", len(b), most)
			}
			got, err := Decode(b, limit)
			if err != nil || got.Version != 7 || !bytes.Equal(got.State, in.State) || !bytes.Equal(got.Note, in.Note) {
				t.Errorf("%v with a note of %d bytes: %d and %d bytes came back, %v", a, n, len(got.State), len(got.Note), err)
			}
		}
	}
	if b, err := Append([]byte("x"), Snapshot{Note: noise(MaxNote + 1)}, Raw); !errors.Is(err, ErrNote) || string(b) != "x" {
		t.Errorf("a note that is too long gave %q, %v", b, err)
	}
}

func TestAlgorithmText(t *testing.T) {
	for a := range algorithms {
		var back Algorithm
		if err := back.UnmarshalText([]byte(a.String())); err != nil || back != a {
			t.Errorf("%v came back as %v, %v", a, back, err)
		}
	}
	var a Algorithm
	if err := a.UnmarshalText([]byte("lzma")); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("lzma: %v", err)
	}
}
