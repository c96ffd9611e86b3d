package ydoc

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec"
)

func TestBetween(t *testing.T) {
	text := func(client uint64) []byte {
		b := codec.AppendID([]byte{1, 1}, codec.ID{Client: client})
		b = codec.AppendString(append(b, codec.RefString, 1), "t")
		return append(codec.AppendString(b, "abc"), 0)
	}
	var d Doc
	apply := func(b []byte) {
		t.Helper()
		u, err := codec.CheckUpdate(b)
		if err != nil {
			t.Fatal(err)
		}
		d.Apply(u)
	}
	for _, client := range []uint64{10, 20, 30, 1 << 40} {
		apply(text(client))
	}
	apply(codec.AppendDeletes([]byte{0}, []codec.DeleteRange{{Client: 30, Clock: 0, End: 2}, {Client: 20, Clock: 0, End: 3}}))
	for name, c := range map[string]struct {
		low, high uint64
		all, gone int
	}{
		"all":                  {0, 1 << 53, 4, 1},
		"none":                 {11, 20, 0, 0},
		"the lowest is in":     {20, 30, 1, 1},
		"the highest is not":   {10, 20, 1, 0},
		"one":                  {30, 31, 1, 0},
		"above all":            {1<<40 + 1, 1 << 53, 0, 0},
		"below all":            {0, 10, 0, 0},
		"the first and others": {10, 1 << 40, 3, 1},
	} {
		if all, gone := d.Between(c.low, c.high); all != c.all || gone != c.gone {
			t.Errorf("%s: %d, %d of them gone, want %d and %d", name, all, gone, c.all, c.gone)
		}
	}
	if got := [2]uint64{d.Clock(10), d.Clock(11)}; got != [2]uint64{3, 0} {
		t.Errorf("clocks %v", got)
	}
	if n := testing.AllocsPerRun(100, func() { d.Between(0, 1<<53) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
