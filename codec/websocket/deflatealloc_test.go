//go:build !race

package websocket

import (
	"bytes"
	"testing"
)

// TestInflateAllocs shows that a message that fits the buffer allocates nothing. With the race
// detector pools forget what they have.
func TestInflateAllocs(t *testing.T) {
	_, _, payload := joined(t, Deflate(wrapped(bytes.Repeat([]byte("text "), 1000), false)))
	buf := make([]byte, 0, 8192)
	if n := testing.AllocsPerRun(100, func() { _, _ = AppendInflated(buf, payload, 8000) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
