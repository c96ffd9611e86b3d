package transport

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// TestRateOfProtocol shows that y-websocket has a rate of its own, and checks the default rates.
func TestRateOfProtocol(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		name      string
		protocol  protocol.Protocol
		perSecond int
		burst     int
	}{
		{"y-websocket", protocol.YWebsocket{}, 100, 500},
		{"JSON", protocol.JSON{}, 10, 50},
		{"MessagePack", protocol.MsgPack{}, 10, 50},
	} {
		if got, want := w.rate(test.protocol), limit.NewRate(test.perSecond, test.burst); got != want {
			t.Errorf("%s: %v, want %v", test.name, got, want)
		}
	}
}
