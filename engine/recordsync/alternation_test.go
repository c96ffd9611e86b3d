package recordsync

import (
	"testing"
	"time"
)

// TestAlternationsOfManyRooms shows that alternations in many rooms together write one line a
// minute to the log.
func TestAlternationsOfManyRooms(t *testing.T) {
	var p logPause
	lines, began := 0, time.Now()
	for second := range 600 {
		for range 50 {
			if p.allow(began.Add(time.Duration(second) * time.Second)) {
				lines++
			}
		}
	}
	if lines != 10 {
		t.Errorf("%d lines in ten minutes", lines)
	}
}
