package recordsync

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"
)

// TestStoredClaims shows which claims are known after rows, or snapshots, that may be stored twice
// or come in another order: those since the newest merge base, each once.
func TestStoredClaims(t *testing.T) {
	base := func(generation uint64) []byte {
		return appendNote(nil, mergeBase{hash: hashOf("a"), generation: generation}, nil)
	}
	of := func(generation uint64, texts ...string) []byte {
		var all [][sha256.Size]byte
		for _, text := range texts {
			all = append(all, hashOf(text))
		}
		return appendClaims(nil, generation, all)
	}
	type fields struct{ note, claims []byte }
	for name, tt := range map[string]struct {
		rows []fields
		want []byte
	}{
		"one after another":             {[]fields{{base(2), nil}, {nil, of(2, "x")}, {nil, of(2, "y")}}, of(2, "x", "y")},
		"in the row of a merge base":    {[]fields{{base(2), of(2, "x")}}, of(2, "x")},
		"stored twice":                  {[]fields{{base(2), of(2, "x", "y")}, {nil, of(2, "x")}, {nil, of(2, "y")}}, of(2, "x", "y")},
		"before a merge base":           {[]fields{{base(2), of(2, "x")}, {base(3), nil}}, nil},
		"older, after newer":            {[]fields{{base(3), of(3, "y")}, {base(2), of(2, "x")}}, of(3, "y")},
		"of a merge base that is later": {[]fields{{base(2), nil}, {nil, of(3, "x")}, {base(3), nil}}, of(3, "x")},
		"of one that is missing":        {[]fields{{base(2), nil}, {nil, of(3, "x")}}, nil},
		"without a merge base":          {[]fields{{nil, of(0, "x")}}, of(0, "x")},
		"that cannot be read":           {[]fields{{base(2), of(2, "x")}, {nil, of(2, "y")[:20]}, {nil, []byte{0xff}}}, of(2, "x")},
		"of no text":                    {[]fields{{base(2), nil}, {nil, []byte{2}}}, nil},
	} {
		var n Notes
		for _, row := range tt.rows {
			if err := n.Add(row.note, row.claims); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := n.AppendClaims(nil); !bytes.Equal(got, tt.want) {
			t.Errorf("%s: %x, want %x", name, got, tt.want)
		}
	}
}

// TestManyStoredClaims shows that of more claims than are kept the oldest and the newest are.
func TestManyStoredClaims(t *testing.T) {
	var n Notes
	for i := range 3 * maxRowClaims {
		if err := n.Add(nil, appendClaims(nil, 0, [][sha256.Size]byte{hashOf(fmt.Sprint(i))})); err != nil {
			t.Fatal(err)
		}
	}
	all := n.claims().hashes
	if len(all) != maxRowClaims || all[0] != hashOf("0") || all[maxRowClaims-1] != hashOf(fmt.Sprint(3*maxRowClaims-1)) {
		t.Errorf("%d claims, from %x to %x", len(all), all[0], all[len(all)-1])
	}
}
