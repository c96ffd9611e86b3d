package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestShortGrace shows that a room whose text takes longer to prepare than the grace for empty
// rooms is loaded once and begins once.
func TestShortGrace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ grace, kilobytes int }{{0, 60}, {100, 3000}} {
		t.Run(fmt.Sprintf("%d ms, %d KB", tt.grace, tt.kilobytes), func(t *testing.T) {
			w := newSite(t, fmt.Sprintf("  rooms: {grace_period_ms: %d}\n", tt.grace))
			paragraph := strings.Repeat("Dogs go on *leads*. ", 4) + "Cats do not.\n\n"
			w.api.Put("by-law-7", strings.Repeat(paragraph, tt.kilobytes*1000/len(paragraph)), nil)
			ann := newClient(t, "ann")
			ann.openWith(w.server, "by-law-7", args{"version": 3, "params": args{"token": w.api.Login("ann", "clerk")}})
			metrics := w.metrics()
			for _, want := range []string{"\nrealtime_rooms_begun_total{with=\"text\"} 1\n", "\nrealtime_room_load_seconds_count 1\n"} {
				if !strings.Contains(metrics, want) {
					t.Errorf("the metrics do not say %q", want)
				}
			}
			ann.mustBeUndisturbed()
		})
	}
}
