package snapshot

import (
	"testing"
	"time"
)

// TestIncarnations shows that later documents have greater incarnations, that two of one moment
// differ, and how those of the first releases, which are random, are ordered.
func TestIncarnations(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	first, second, later := NewIncarnation(now), NewIncarnation(now), NewIncarnation(now+1)
	if first == second || first >= later || second >= later || NewIncarnation(0) == 0 {
		t.Errorf("%x, %x, %x", first, second, later)
	}
	if random := uint64(1<<63 | 5); !Newer(later, first, now) || Newer(first, later, now) ||
		Newer(first, first, now) || !Newer(first, random, now) || Newer(random, first, now) ||
		!Newer(random, 0, now) || Newer(0, random, now) {
		t.Error("the order is wrong")
	}
}
