package limit

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// TestHandshakeRateAddresses shows that a bounded number of addresses is remembered: those that
// began a handshake last, whose limit holds.
func TestHandshakeRateAddresses(t *testing.T) {
	h := NewHandshakeRate(1, 1, metrics.NewSet(), time.Now())
	now := time.Second
	h.Now = func() time.Duration { return now }
	address := func(i int) netip.Addr {
		return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, 10<<24+uint32(i))))
	}
	for i := range maxBuckets + 100 {
		if wait := h.Allow(address(i)); wait != 0 {
			t.Fatalf("address %d waits for %s", i, wait)
		}
	}
	if h.Len() != maxBuckets {
		t.Errorf("%d addresses", h.Len())
	}
	h.Sweep()
	if last := h.Allow(address(maxBuckets + 99)); last != time.Second {
		t.Errorf("the last address waits for %s", last)
	}
	if first := h.Allow(address(0)); first != 0 || h.Len() != maxBuckets {
		t.Errorf("the first waits for %s, %d addresses", first, h.Len())
	}
	now += time.Second
	if h.Sweep(); h.Len() != 0 {
		t.Errorf("%d addresses in the end", h.Len())
	}
}
