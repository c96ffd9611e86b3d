package ydoc

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// cutState returns the pieces of the state, and checks that together they are the state.
func cutState(t testing.TB, d *Doc) (pieces [][]byte) {
	t.Helper()
	b, cuts := d.AppendStateCuts([]byte("before"), []int{7, 7})
	state, last := b[len("before"):], 0
	if !bytes.Equal(state, d.AppendState(nil)) || !slices.Equal(cuts[:2], []int{7, 7}) {
		t.Fatal("it is not the state, or what was in the buffers is lost")
	}
	for _, cut := range append(cuts[2:], len(state)) {
		if cut <= last || cut > len(state) {
			t.Fatalf("cut at %d, after %d, of %d", cut, last, len(state))
		}
		pieces = append(pieces, state[last:cut])
		last = cut
	}
	return pieces
}

// bytesInNew returns how many bytes are in pieces that before does not have.
func bytesInNew(after, before [][]byte) (n int) {
	for _, p := range after {
		if !slices.ContainsFunc(before, func(b []byte) bool { return bytes.Equal(b, p) }) {
			n += len(p)
		}
	}
	return n
}

// writeStructs adds n structs of a client that cannot be merged.
func writeStructs(t testing.TB, d *Doc, client uint64, n int) {
	t.Helper()
	clock := d.clock(client)
	structs := make([]structOf, n)
	for i := range structs {
		structs[i] = structOf{client: client, clock: clock + uint64(i), info: yjs.RefString,
			content: text("x")}
		if clock+uint64(i) > 0 {
			structs[i].origin = id(client, (clock+uint64(i))/2)
		}
		if structs[i].origin != nil && structs[i].origin.Clock == structs[i].clock-1 {
			structs[i].right = id(client, 0)
		}
	}
	apply(t, d, update(structs))
}

func deleteClocks(t testing.TB, d *Doc, client, clock, n uint64) {
	t.Helper()
	apply(t, d, update(nil, yjs.DeleteRange{Client: client, Clock: clock, End: clock + n}))
}

// TestMostPiecesStayEqual shows that after a change nearly all bytes are in pieces that the state
// had before.
func TestMostPiecesStayEqual(t *testing.T) {
	one := func(t *testing.T, d *Doc) { writeStructs(t, d, 1<<31, 30_000) }
	tests := []struct {
		name    string
		written func(t *testing.T, d *Doc)
		change  func(t *testing.T, d *Doc)
		most    int // bytes in new pieces
	}{
		{"nothing", one, func(*testing.T, *Doc) {}, 0},
		{"a client writes on", one, func(t *testing.T, d *Doc) { writeStructs(t, d, 1<<31, 100) }, 8 << 10},
		{"a client with a higher id writes", one,
			func(t *testing.T, d *Doc) { writeStructs(t, d, 1<<32, 100) }, 8 << 10},
		{"a client with a lower id writes", one,
			func(t *testing.T, d *Doc) { writeStructs(t, d, 1, 100) }, 8 << 10},
		{"something old is deleted", one, func(t *testing.T, d *Doc) { deleteClocks(t, d, 1<<31, 500, 9) }, 8 << 10},
		{"one of many clients writes on", manyClients,
			func(t *testing.T, d *Doc) { writeStructs(t, d, 5000, 10) }, 80 << 10},
		{"one more of many writes", manyClients, func(t *testing.T, d *Doc) { writeStructs(t, d, 5001, 10) }, 80 << 10},
		{"one of many deletes", manyClients, func(t *testing.T, d *Doc) { deleteClocks(t, d, 5000, 3, 1) }, 8 << 10},
		{"one more of many deletions", manyDeletes,
			func(t *testing.T, d *Doc) { deleteClocks(t, d, 1<<31, 603, 1) }, 64 << 10},
		{"two holes become one", manyDeletes, func(t *testing.T, d *Doc) { deleteClocks(t, d, 1<<31, 602, 4) }, 64 << 10},
		{"more than a piece", func(t *testing.T, d *Doc) { writeStructs(t, d, 1<<31, 200_000) }, func(t *testing.T, d *Doc) { writeStructs(t, d, 1<<31, 100) }, 8 << 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Doc
			tt.written(t, &d)
			before := cutState(t, &d)
			tt.change(t, &d)
			after := cutState(t, &d)
			size := len(d.AppendState(nil))
			if n := bytesInNew(after, before); n > tt.most || size < 200<<10 {
				t.Errorf("%d bytes of %d are in new pieces, of %d in all", n, size, len(after))
			}
			if longest := slices.MaxFunc(after, func(a, b []byte) int { return len(a) - len(b) }); len(longest) > maxPiece {
				t.Errorf("a piece has %d bytes", len(longest))
			}
		})
	}
}

// manyClients writes structs of a thousand clients.
func manyClients(t *testing.T, d *Doc) {
	for client := range uint64(1000) {
		writeStructs(t, d, 10*client, 50)
	}
}

// manyDeletes writes structs of one client, and deletes two of every six.
func manyDeletes(t *testing.T, d *Doc) {
	writeStructs(t, d, 1<<31, 90_000)
	for clock := uint64(0); clock < 90_000; clock += 6 {
		deleteClocks(t, d, 1<<31, clock, 2)
	}
}

// TestStableLen checks that little is cut off, and that the result seldom changes.
func TestStableLen(t *testing.T) {
	changes, last := 0, 0
	for n := range 3 * maxPiece {
		s := stableLen(n)
		if s > n || n-s > max(minRest, n/8) || n-s > maxRest {
			t.Fatalf("%d of %d", s, n)
		}
		if s != last {
			changes++
		}
		if last = s; s < n/maxPiece*maxPiece {
			t.Fatalf("%d of %d, before the last whole piece", s, n)
		}
	}
	if changes > 150 {
		t.Errorf("it changed %d times", changes)
	}
}

// TestSmallStatesHaveNoCuts shows that small states are not cut, as short pieces compress badly.
func TestSmallStatesHaveNoCuts(t *testing.T) {
	var d Doc
	for i, u := range history(rand.New(rand.NewPCG(5, 6)), 5, 500) {
		apply(t, &d, u)
		if len(cutState(t, &d)) > 1 && len(d.AppendState(nil)) < minDeletes {
			t.Fatalf("it is cut after %d updates", i)
		}
	}
}

// TestCutsOfHistories takes snapshots of random sessions in which only new pieces are compressed,
// before and after compaction and loading, and checks that each can be read.
func TestCutsOfHistories(t *testing.T) {
	for n := range uint64(2) {
		for _, a := range []snapshot.Algorithm{snapshot.Zstd, snapshot.Gzip} {
			d, pieces := new(Doc), new(snapshot.Pieces)
			for i, u := range history(rand.New(rand.NewPCG(n, 9)), 2+int(n), 5_000) {
				apply(t, d, u)
				switch {
				case i%2000 == 1999:
					d = compacted(t, d)
				case i%1000 == 999:
					d = storeAndLoad(t, d, pieces, a)
				case i%100 == 99:
					storeAndLoad(t, d, pieces, a)
				}
			}
		}
	}
}

// storeAndLoad takes a snapshot of d and loads it.
func storeAndLoad(t *testing.T, d *Doc, pieces *snapshot.Pieces, a snapshot.Algorithm) *Doc {
	t.Helper()
	state, cuts := d.AppendStateCuts(nil, nil)
	stored, err := pieces.Append(nil, snapshot.Snapshot{State: state}, cuts, a)
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Decode(stored, len(state))
	if err != nil || !bytes.Equal(s.State, d.AppendState(nil)) {
		t.Fatalf("%v: %d bytes of %d, %v", a, len(s.State), len(state), err)
	}
	loaded, err := Load(s.State)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// compacted replaces d by its compacted form, and returns it.
func compacted(t *testing.T, d *Doc) *Doc {
	t.Helper()
	v, err := view.New(yjs.Trust(d.AppendState(nil)))
	if err != nil {
		t.Fatal(err)
	}
	shorter, err := Load(v.AppendCompacted(nil))
	if err != nil || !d.Replace(shorter) {
		t.Fatal("it is not the document's", err)
	}
	return d
}
