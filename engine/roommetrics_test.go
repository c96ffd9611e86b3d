package engine

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestDistributions shows that loaded rooms are counted by the size of their documents and by their
// clients, and that this waits for no room's lock.
func TestDistributions(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("small")
		a.types(0, "a")
		w.joinSynced("large").types(0, strings.Repeat("x", 5000))
		w.joinSynced("large")
		pass(w.cfg().Window)
		held := w.roomMap.find(a.room.key)
		held.mu.Lock()
		defer held.mu.Unlock()
		for name, want := range map[string]float64{
			`realtime_room_bytes_bucket{le="1024"}`: 1, `realtime_room_bytes_bucket{le="4096"}`: 1, `realtime_room_bytes_bucket{le="16384"}`: 2,
			`realtime_room_bytes_bucket{le="+Inf"}`: 2, "realtime_room_bytes_count": 2,
			`realtime_room_peers_bucket{le="0"}`: 0, `realtime_room_peers_bucket{le="1"}`: 1, `realtime_room_peers_bucket{le="2"}`: 2,
			"realtime_room_peers_sum": 3, "realtime_room_peers_count": 2, "realtime_occupied_rooms": 2, "realtime_rooms": 2,
			`realtime_protocol_peers{protocol="y-websocket"}`: 3, "realtime_peers": 3,
		} {
			if got := w.metric(name); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		if sum := w.metric("realtime_room_bytes_sum"); sum < 5000 || sum > 6000 {
			t.Errorf("%v bytes in all", sum)
		}
	})
}

// TestPeersByProtocol shows that clients are counted by the protocol that they speak, also when it
// is recognized later, until they leave.
func TestPeersByProtocol(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		conn := &memConn{discards: true}
		p, err := w.Join(context.Background(), roomkey.MustParse("r"), conn, protocol.JSON{}, ann)
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		want := func(json, ywebsocket float64) {
			t.Helper()
			j, y := w.metric(`realtime_protocol_peers{protocol="civicpress.v1.json"}`), w.metric(`realtime_protocol_peers{protocol="y-websocket"}`)
			if j != json || y != ywebsocket || w.metric("realtime_peers") != json+ywebsocket {
				t.Errorf("%v speak JSON, %v y-websocket", j, y)
			}
		}
		want(1, 0)
		conn.discards = false
		p.Switch(protocol.YWebsocket{})
		want(0, 1)
		p.Leave()
		p.Leave()
		want(0, 0)
	})
}

// TestUpdateDelay shows that the time from an update to its broadcast is measured, once a batch.
func TestUpdateDelay(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		for clock := range uint64(10) {
			a.types(clock, "x")
			pass(w.cfg().Window / 10)
		}
		pass(2 * w.cfg().Window)
		count, sum := w.metric("realtime_update_delay_seconds_count"), w.metric("realtime_update_delay_seconds_sum")
		if batches := w.metric("realtime_batches_total"); count != batches || count < 2 || sum <= 0 || sum > count*2*w.cfg().Window.Seconds() {
			t.Errorf("%v batches, %v measured, %v s in all", batches, count, sum)
		}
	})
}

// BenchmarkWriteMetrics measures the engine's part of an answer of /metrics with 10,000 rooms.
func BenchmarkWriteMetrics(b *testing.B) {
	e := New(Config{}, newMemStore(), nil)
	for i := range 10_000 {
		key := roomkey.MustParse(fmt.Sprintf("r%d", i))
		r := e.roomMap.open(key, func() *room { return newRoom(e, key) })
		r.state = stateIdle
		r.updateStats(e.began)
	}
	for b.Loop() {
		e.WriteMetrics(io.Discard)
	}
}
