package yjs

import (
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// TestIDReader reads ids of one client, and of another whose bytes begin like those of the first,
// wherever the input ends.
func TestIDReader(t *testing.T) {
	padded := "\x85\x80\x00" // 5, as no encoder writes it
	for name, c := range map[string]struct {
		in   string
		want []uint64 // clients; clocks are 7
	}{
		"one client":       {"\x85\x01\x07\x85\x01\x07\x85\x01\x07", []uint64{133, 133, 133}},
		"begins the last":  {"\x85\x81\x01\x07\x05\x07\x85\x01\x07", []uint64{16517, 5, 133}},
		"begins with last": {"\x05\x07\x85\x01\x07\x85\x81\x01\x07", []uint64{5, 133, 16517}},
		"padded":           {padded + "\x07" + padded + "\x07\x05\x07", []uint64{5, 5, 5}},
		"back and forth":   {"\x85\x01\x07\x05\x07\x85\x01\x07\x05\x07", []uint64{133, 5, 133, 5}},
		"zero":             {"\x00\x07\x00\x07", []uint64{0, 0}},
		"eight bytes": {strings.Repeat("\xff\xff\xff\xff\xff\xff\xff\x0f\x07", 2),
			[]uint64{lib0.MaxSafeInteger, lib0.MaxSafeInteger}},
	} {
		for _, rest := range []string{"", "\x07", "\x07\x07\x07\x07\x07\x07\x07\x07"} {
			r, ids := lib0.NewReader([]byte(c.in+rest)), idReader{}
			for i, client := range c.want {
				if got := ids.read(&r); got != (ID{client, 7}) || r.Err() != nil {
					t.Errorf("%s before %d bytes: id %d is %v, %v, want client %d", name, len(rest),
						i, got, r.Err(), client)
				}
			}
			if r.Len() != len(rest) {
				t.Errorf("%s: %d bytes left of %d", name, r.Len(), len(rest))
			}
		}
	}
}
