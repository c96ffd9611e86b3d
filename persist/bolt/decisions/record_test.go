package decisions

import (
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// TestRecord shows that a decision is read back as it was stored, and that none is read if a bit of
// its key or value is wrong, or the end is missing.
func TestRecord(t *testing.T) {
	for _, d := range []persist.Decision{
		{Kind: "lock", Subject: "r"},
		{Kind: "ban", Subject: "a\x00nn", By: "root", Reason: "récord", Made: time.UnixMilli(-5), Until: time.UnixMilli(9)},
		{Kind: "ban", Subject: "b", By: strings.Repeat("y", persist.MaxDecisionText), Made: time.UnixMilli(1)},
	} {
		key, value := keyOf(d), encode(d)
		if got, err := decode(key, value); err != nil || got != d {
			t.Errorf("%+v is read as %+v, %v", d, got, err)
		}
		for _, b := range [][]byte{key, value} {
			for bit := range 8 * len(b) {
				b[bit/8] ^= 1 << (bit % 8)
				if got, err := decode(key, value); err == nil {
					t.Fatalf("bit %d is wrong, and %+v is read", bit, got)
				}
				b[bit/8] ^= 1 << (bit % 8)
			}
		}
		for n := range value {
			if got, err := decode(key, value[:n]); err == nil {
				t.Fatalf("%d bytes are read as %+v", n, got)
			}
		}
	}
}
