package snapshot

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// parts is a state in pieces, one for each client that writes.
type parts [][]byte

func (p parts) state() (state []byte, cuts []int) {
	for i, part := range p {
		if i > 0 {
			cuts = append(cuts, len(state))
		}
		state = append(state, part...)
	}
	return state, cuts
}

func written(n int) parts {
	p := make(parts, n)
	text := prose(n * 5000)
	for i := range p {
		p[i] = slices.Clip(text[i*5000 : (i+1)*5000])
	}
	return p
}

func (p parts) take(t *testing.T, pieces *Pieces, s Snapshot, a Algorithm) (stored []byte) {
	t.Helper()
	state, cuts := p.state()
	s.State = state
	stored, err := pieces.Append(nil, s, cuts, a)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(stored, len(state))
	if err != nil || got.Version != s.Version || !bytes.Equal(got.State, state) ||
		!bytes.Equal(got.Note, s.Note) {
		t.Fatalf("%v: %d bytes of %d came back as version %d of %d, %v", a, len(got.State),
			len(state), got.Version, s.Version, err)
	}
	return stored
}

func TestPiecesOverManySnapshots(t *testing.T) {
	for a := range algorithms {
		t.Run(a.String(), func(t *testing.T) {
			random := rand.New(rand.NewPCG(3, 4))
			var pieces Pieces
			p := written(12)
			for version := range uint64(300) {
				i := random.IntN(len(p))
				switch random.IntN(8) {
				case 0:
					p = slices.Insert(p, i, prose(1+random.IntN(4000)))
				case 1:
					p = slices.Delete(p, i, i+1)
					p = append(p, noise(random.IntN(300)))
				case 2:
					j := random.IntN(len(p))
					p[i], p[j] = p[j], p[i]
				case 3:
					p[i] = bytes.Clone(p[i])
					if len(p[i]) > 0 {
						p[i][random.IntN(len(p[i]))] ^= 1 << random.IntN(8)
					}
				case 4:
					p[i] = p[random.IntN(len(p))]
				default:
					p[i] = append(p[i], "more"...)
				}
				s := Snapshot{Version: version, Note: noise(random.IntN(3))}
				p.take(t, &pieces, s, a)
			}
		})
	}
}

// TestPiecesAreStandardPayloads shows that the plain decompressors read payloads of pieces.
func TestPiecesAreStandardPayloads(t *testing.T) {
	readers := map[Algorithm]func([]byte) ([]byte, error){
		Zstd: func(b []byte) ([]byte, error) { return must(zstd.NewReader(nil)).DecodeAll(b, nil) },
		Gzip: func(b []byte) ([]byte, error) {
			r := must(gzip.NewReader(bytes.NewReader(b)))
			r.Multistream(false)
			return io.ReadAll(r)
		},
	}
	for a, read := range readers {
		p := written(5)
		b := p.take(t, new(Pieces), Snapshot{}, a)
		state, _ := p.state()
		if got, err := read(b[must(parseHeader(b)).len:]); err != nil || !bytes.Equal(got, state) {
			t.Errorf("%v: %d bytes of %d, %v", a, len(got), len(state), err)
		}
	}
}

// TestPiecesAreNotCompressedAgain damages one kept piece after the other, and shows that the next
// snapshot is damaged exactly if its state still has the piece.
func TestPiecesAreNotCompressedAgain(t *testing.T) {
	changes := map[string]func(p parts) parts{
		"nothing":              func(p parts) parts { return p },
		"one longer":           func(p parts) parts { p[2] = append(p[2], 'x'); return p },
		"one shorter":          func(p parts) parts { p[3] = p[3][:4999]; return p },
		"a byte changed":       func(p parts) parts { p[1] = change(p[1], 100, '!'); return p },
		"one more at the end":  func(p parts) parts { return append(p, []byte("new")) },
		"one more at the head": func(p parts) parts { return slices.Insert(p, 0, []byte("new")) },
		"two exchanged":        func(p parts) parts { p[0], p[4] = p[4], p[0]; return p },
		"one gone":             func(p parts) parts { return slices.Delete(p, 1, 2) },
		"two joined":           func(p parts) parts { p[1] = slices.Concat(p[1], p[2]); return slices.Delete(p, 2, 3) },
	}
	for name, change := range changes {
		for _, a := range []Algorithm{Zstd, Gzip} {
			for spoiled := range 5 {
				t.Run(fmt.Sprintf("%s/%v/%d", name, a, spoiled), func(t *testing.T) {
					before := written(5)
					after := change(slices.Clone(before))
					var pieces Pieces
					before.take(t, &pieces, Snapshot{}, a)
					at := pieces.pieces[spoiled].end - 1000
					clear(pieces.payload[at : at+900])
					state, cuts := after.state()
					b, err := pieces.Append(nil, Snapshot{State: state}, cuts, a)
					if err != nil {
						t.Fatal(err)
					}
					_, err = Decode(b, len(state))
					stays := slices.ContainsFunc(after,
						func(b []byte) bool { return bytes.Equal(b, before[spoiled]) })
					if stays != (err != nil) {
						t.Errorf("it is still there: %v; decoding: %v", stays, err)
					}
				})
			}
		}
	}
}

// TestFingerprints shows that a change of any bit, or of the length, changes the fingerprint.
func TestFingerprints(t *testing.T) {
	b := prose(2000)
	seen := map[fingerprint]bool{fingerprintOf(b): true}
	for i := range b {
		for bit := range 8 {
			seen[fingerprintOf(change(b, i, b[i]^1<<bit))] = true
		}
		seen[fingerprintOf(b[:i])] = true
	}
	if len(seen) != 1+9*len(b) {
		t.Errorf("%d prints of %d", len(seen), 1+9*len(b))
	}
}

func TestPiecesFormat(t *testing.T) {
	p := written(3)
	state, cuts := p.state()
	noisy := parts{noise(3000), noise(3001)}
	bad, badCuts := noisy.state()
	note := []byte("note")
	tests := []struct {
		name            string
		s               Snapshot
		cuts            []int
		a               Algorithm
		form, algorithm byte
	}{
		{"zstd", Snapshot{State: state}, cuts, Zstd, formatFrames, 1},
		{"zstd with a note", Snapshot{State: state, Note: note}, cuts, Zstd, formatFramesFields, 1},
		{"zstd, no cuts", Snapshot{State: state}, nil, Zstd, format, 1},
		{"gzip", Snapshot{State: state}, cuts, Gzip, format, 2},
		{"gzip with a note", Snapshot{State: state, Note: note}, cuts, Gzip, formatFields, 2},
		{"raw", Snapshot{State: state}, cuts, Raw, format, 0},
		{"noise is not worth zstd", Snapshot{State: bad}, badCuts, Zstd, format, 0},
		{"nor with a note", Snapshot{State: bad, Note: note}, badCuts, Zstd, formatFields, 0},
		{"noise is not worth gzip", Snapshot{State: bad}, badCuts, Gzip, format, 0},
	}
	var pieces Pieces
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := pieces.Append([]byte("before"), tt.s, tt.cuts, tt.a)
			if err != nil || !bytes.HasPrefix(b, []byte("before"+magic)) {
				t.Fatalf("%v, %q", err, b[:min(len(b), 10)])
			}
			b = b[len("before"):]
			if b[formatAt] != tt.form || b[algorithmAt] != tt.algorithm {
				t.Errorf("format %d, algorithm %d, want %d and %d", b[formatAt], b[algorithmAt],
					tt.form, tt.algorithm)
			}
			got, err := Decode(b, limit)
			if err != nil || !bytes.Equal(got.State, tt.s.State) ||
				!bytes.Equal(got.Note, tt.s.Note) {
				t.Errorf("%d bytes and a note of %d came back, %v", len(got.State), len(got.Note),
					err)
			}
			info, err := Stat(b)
			if want := (Info{Algorithm: algorithm(t, tt.algorithm), Size: uint64(len(tt.s.State)),
				Incarnation: tt.s.Incarnation, Authors: tt.s.Authors}); !reflect.DeepEqual(info, want) || err != nil {
				t.Errorf("%+v, %v, want %+v", info, err, want)
			}
		})
	}
}

func algorithm(t *testing.T, code byte) Algorithm {
	t.Helper()
	a, err := algorithmOf(code)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestFramesOfOtherWriters shows that frames of any writer are read: a stored block and a repeated
// byte.
func TestFramesOfOtherWriters(t *testing.T) {
	frames := "\x28\xb5\x2f\xfd\x20\x02\x11\x00\x00ab" + "\x28\xb5\x2f\xfd\x20\x04\x23\x00\x00c"
	b := []byte("CvRt\x03\x01\xac\x02\x06\x00\x00\x00\x00" + frames)
	state := []byte("abcccc")
	sum := checksum(b[:9], state)
	copy(b[9:], []byte{byte(sum), byte(sum >> 8), byte(sum >> 16), byte(sum >> 24)})
	if s, err := Decode(b, limit); err != nil || s.Version != 300 || !bytes.Equal(s.State, state) {
		t.Errorf("version %d, %q, %v", s.Version, s.State, err)
	}
}

// TestPiecesReleaseMemory shows that Pieces keep about the memory of the last snapshot.
func TestPiecesReleaseMemory(t *testing.T) {
	var pieces Pieces
	large := written(200).take(t, &pieces, Snapshot{}, Zstd)
	if n := pieces.Size(); n < len(large)*9/10 || n > len(large)*3/2 {
		t.Errorf("%d bytes are kept of a snapshot of %d", n, len(large))
	}
	small := written(2).take(t, &pieces, Snapshot{}, Zstd)
	if n := cap(pieces.payload); n > 2*len(small) {
		t.Errorf("%d bytes are kept of a snapshot of %d", n, len(small))
	}
}
