package transport

import (
	"net/netip"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// reconfigure changes the configuration of a running server.
func (w *world) reconfigure(set func(*Config)) {
	cfg := w.Config()
	set(&cfg)
	w.Reconfigure(cfg)
}

// TestReconfigureConnections shows that limits on connections, trusted proxies and allowed origins
// can be changed while people are connected: nobody is closed, and the next client is counted by
// the new ones.
func TestReconfigureConnections(t *testing.T) {
	const room = "/realtime/records/a"
	w := newWorld(t, usersByToken)
	user := "ann"
	join := func(header string) *client { return dial(t, w, room+"?token="+user, header) }
	for range 3 {
		join("X-Nothing: more").receive(protocol.SyncRequest)
	}
	w.reconfigure(func(c *Config) { c.ConnectionsPerUser = 2 })
	join("X-Nothing: more").mustClose(engine.CloseTooMany, "too many connections of this user")
	user = "bob"
	w.reconfigure(func(c *Config) {
		c.ConnectionsPerUser, c.ConnectionsPerIP = 100, 1
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	join(from("192.0.2.1")).receive(protocol.SyncRequest)
	join(from("192.0.2.1")).mustClose(engine.CloseTooMany, "too many connections from this address")
	w.reconfigure(func(c *Config) { c.Connections = 4 })
	join(from("192.0.2.2")).mustClose(engine.CloseTooMany, "too many connections to this server")

	town, err := auth.ParseOrigin("https://town.example")
	if err != nil {
		t.Fatal(err)
	}
	user = "cy" // whose refusals are not held back yet
	w.reconfigure(func(c *Config) { c.Connections, c.AllowedOrigins = 100, []auth.Origin{town} })
	join("Origin: https://other.example").mustClose(engine.CloseForbidden, "origin not allowed")
	join("Origin: https://town.example").receive(protocol.SyncRequest)
	if n := w.conns.size(); n < 5 {
		t.Errorf("%d connections are left", n)
	}
}

// TestReconfigureRates shows that the rates of messages and handshakes are those of the new
// configuration, also for connections that are there.
func TestReconfigureRates(t *testing.T) {
	w := newWorld(t)
	w.reconfigure(func(c *Config) {
		c.MessagesPerSecond, c.MessageBurst, c.YWebsocketMessagesPerSecond, c.YWebsocketBurst = 1, 2, 3, 4
		c.HandshakesPerIP, c.HandshakeBurst, c.HeldRefusals = 1, 1, 1
	})
	if got, want := w.rate(protocol.JSON{}), limit.NewRate(1, 2); got != want {
		t.Errorf("JSON: %v, want %v", got, want)
	}
	if got, want := w.rate(protocol.YWebsocket{}), limit.NewRate(3, 4); got != want {
		t.Errorf("y-websocket: %v, want %v", got, want)
	}
	ip := netip.MustParseAddr("192.0.2.1")
	if first, second := w.handshakeRate.Allow(ip), w.handshakeRate.Allow(ip); first != 0 || second == 0 {
		t.Errorf("handshakes wait for %v and %v", first, second)
	}
	if !w.repeats.TakeRefusal() || w.repeats.TakeRefusal() {
		t.Error("the number of held refusals is not limited")
	}
}

// TestReconfigureFixed shows that fields that must stay as they are do.
func TestReconfigureFixed(t *testing.T) {
	w := newWorld(t)
	before := w.Config()
	w.Reconfigure(Config{
		Path: "/other", Disabled: true, FrameBytes: 1, Handshakes: 1, SniffTimeout: time.Hour,
		PingInterval: time.Millisecond, HandshakeTimeout: time.Hour,
	})
	after := w.Config()
	if after.Path != before.Path || after.Disabled || after.FrameBytes != before.FrameBytes || after.Handshakes != before.Handshakes {
		t.Errorf("%+v", after)
	}
	if after.PingInterval != before.PingInterval || after.HandshakeTimeout != before.HandshakeTimeout {
		t.Errorf("%+v", after)
	}
	if after.SniffTimeout != time.Hour || after.MaxStale != before.MaxStale {
		t.Errorf("%+v", after)
	}
}
