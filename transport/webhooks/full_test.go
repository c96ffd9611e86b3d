package webhooks

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
)

// fill announces as many changes as take more than an outbox of so many bytes.
func (w *world) fill(bytes int64) (rooms int) {
	w.t.Helper()
	for sent := int64(0); sent < 3*bytes; sent += 200 {
		w.changed(fmt.Sprintf("record:%04d", rooms), 1)
		rooms++
	}
	return rooms
}

// TestDeadEndpointCostsOthersNothing shows that an endpoint that does not answer for a week, with
// more messages than the outbox may take, keeps no event from the others; that the outbox and what
// is in memory stay bounded; and that it is sent the newest events in order when it is back.
func TestDeadEndpointCostsOthersNothing(t *testing.T) {
	const limit = 32 << 10
	inWorld(t, []string{"dead.example", "well.example"}, func(w *world) {
		dead, well := w.sites["dead.example"], w.sites["well.example"]
		w.setOutboxBytes(limit)
		dead.setDown(true)
		for day := range 7 {
			rooms := w.fill(limit)
			if got := len(well.take()); got != rooms {
				t.Fatalf("day %d: %d of %d events have come", day, got, rooms)
			}
			if _, bytes, _ := w.box.Size(context.Background()); bytes > limit {
				t.Errorf("the outbox takes %d bytes", bytes)
			}
			if all, _ := w.Endpoints(context.Background()); w.queues["dead.example/hook"].count > all[0].Waiting {
				t.Errorf("%d messages are in memory, and %d in the outbox", w.queues["dead.example/hook"].count, all[0].Waiting)
			}
			pass(24 * time.Hour)
		}
		w.wantMetric("waiting_events", "0")
		if w.metric(`lost_total{reason="full"}`) == "0" || !strings.Contains(w.out.String(), "endpoint=dead.example/hook messages=") {
			t.Error(&w.out)
		}
		parked, _, _ := w.Messages(context.Background(), Query{Parked: true, Limit: 9999})
		w.wantMetric("parked_messages", fmt.Sprint(len(parked)))
		dead.setDown(false)
		for v := range uint64(3) {
			w.changed("record:new", v+1)
		}
		pass(time.Minute)
		dead.want("document.changed record:new 1", "document.changed record:new 2", "document.changed record:new 3")
		if n, err := w.Retry(context.Background(), "dead.example/hook", ""); n != len(parked) || err != nil {
			t.Error(n, err)
		}
		pass(time.Minute)
		if got := len(dead.take()); got != len(parked) {
			t.Errorf("%d of %d parked messages have come", got, len(parked))
		}
	})
}

// TestOldestAreDropped shows which messages of a full outbox are dropped: those that are parked
// before those that wait, the oldest first, of the endpoint with most, and none that is on its way.
func TestOldestAreDropped(t *testing.T) {
	const limit = 32 << 10
	inWorld(t, []string{"most.example", "few.example"}, func(w *world) {
		most, few := w.sites["most.example"], w.sites["few.example"]
		few.setDown(true)
		w.changed("record:few", 1)
		pass(24 * time.Hour) // it is parked
		most.take()
		most.setDown(true)
		w.changed("record:parked", 1)
		pass(24 * time.Hour)
		few.setDown(false)
		most.setDown(false)
		most.answers(func(_ http.ResponseWriter, r *http.Request, _ delivery) { <-r.Context().Done() })
		w.setOutboxBytes(limit)
		w.changed("record:first", 1)
		rooms := w.fill(limit)
		all, _, _ := w.Messages(context.Background(), Query{Limit: 9999})
		var left []string
		for _, m := range all {
			left = append(left, m.Endpoint+" "+m.Room)
		}
		newest := fmt.Sprintf("most.example/hook record:%04d", rooms-1)
		for text, want := range map[string]bool{
			"few.example/hook record:few": true, "most.example/hook record:parked": false,
			"most.example/hook record:first": true, "most.example/hook record:0009": false, newest: true,
		} {
			if slices.Contains(left, text) != want {
				t.Errorf("%s is left: %v", text, !want)
			}
		}
	})
}

// TestRoomIsMadeInOrder shows that a room of which the oldest messages were dropped while the next
// one waits is sent the rest in order.
func TestRoomIsMadeInOrder(t *testing.T) {
	const limit = 32 << 10
	inWorld(t, []string{"a.example"}, func(w *world) {
		s := w.sites["a.example"]
		w.setOutboxBytes(limit)
		s.setDown(true)
		const changes = 400
		for v := range uint64(changes) {
			w.Announce(engine.Announcement{Kind: engine.DocumentStored, Room: "record:a", Version: v + 1, Time: time.Now()})
			pass(time.Millisecond)
		}
		s.setDown(false)
		pass(24 * time.Hour)
		got := s.take()
		if len(got) < 20 || len(got) > changes/2 {
			t.Fatalf("%d have come", len(got))
		}
		for i, d := range got {
			if want := fmt.Sprint("document.saved record:a ", changes-len(got)+i+1); textOf(t, d) != want {
				t.Fatalf("%s, want %s", textOf(t, d), want)
			}
		}
		w.wantMetric("outbox_messages", "0")
	})
}
