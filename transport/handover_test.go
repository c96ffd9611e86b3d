package transport

import (
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
)

// TestHandOver shows that a server that hands over stops accepting at once, closes its clients,
// says when the store is free although a client whose connection it has accepted has sent nothing
// yet, and still answers that client when its request comes.
func TestHandOver(t *testing.T) {
	w := newWorld(t, with(Config{CloseTimeout: time.Hour, DrainTimeout: time.Hour, DrainWait: time.Hour, DrainSpread: time.Hour}))
	ann := dial(t, w, "/realtime/records/a")
	ann.receive(protocol.SyncRequest)
	late := connect(t, w)
	w.until("both connections are accepted", func() bool { return w.handshakes() == 1 })

	drained := make(chan error, 1)
	if !w.HandOver(func(err error) { drained <- err }) || !w.HandingOver() || w.HandOver(nil) {
		t.Error("it does not hand over once")
	}
	ann.mustClose(engine.CloseUnavailable, "restarting")
	if err := <-drained; err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", w.addr); err == nil {
		conn.Close()
		t.Error("it still listens")
	}
	if !errors.Is(w.Ready(), errNotReady) {
		t.Error("it is ready")
	}
	late.handshake("/realtime/records/a", "")
	if late.answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(late.answer.Status)
	}
	late.mustClose(engine.CloseUnavailable, "restarting")
	w.end()
}

// TestAlive shows that a server is alive as long as its regular check is not late by ten times its
// interval.
func TestAlive(t *testing.T) {
	w := newWorld(t)
	every := w.cfg().PingInterval / sweepSlots
	w.advance(-9 * every)
	if !w.Alive() {
		t.Error("not alive after a check that was late")
	}
	w.advance(-10 * every)
	if w.Alive() {
		t.Error("alive without a check")
	}
}

// TestRefusedWhileDraining shows that a server that is closing its clients answers new ones with
// 503, so that a proxy takes them to another server, unless its socket stays open: then those that
// it has accepted are told to come back.
func TestRefusedWhileDraining(t *testing.T) {
	for name, kept := range map[string]bool{"a plain stop": false, "the socket stays open": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, with(Config{SocketKept: kept, CloseTimeout: time.Hour, DrainTimeout: time.Hour, DrainSpread: time.Hour}))
			var clients []*client
			for range 3 {
				c := dial(t, w, "/realtime/records/a")
				c.receive(protocol.SyncRequest)
				clients = append(clients, c)
			}
			late := connect(t, w)
			w.until("all connections are accepted", func() bool { return w.handshakes() == 1 })
			w.Drain()
			w.until("one of three is closed", func() bool { return w.count(`realtime_connections_closed_total{code="4503"}`) == 1 })
			late.handshake("/realtime/records/a", "")
			if kept != (late.answer.StatusCode == http.StatusSwitchingProtocols) || !kept && late.answer.Header.Get("Retry-After") == "" {
				t.Errorf("%s", late.answer.Status)
			}
			late.conn.Close()
			for _, c := range clients {
				c.conn.Close() // with the last one the rest of the hour is over
			}
			w.end()
		})
	}
}
