package e2e

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// TestSpecConnection checks the sentences about the begin, the life and the end of connections.
func TestSpecConnection(t *testing.T) {
	mustHoldAll(t, []sentence{
		{says: "wss://<host>/realtime/records/:recordId?token=<jwt-token>", holds: func(r *specTest) {
			r.ann.joins(args{"where": "query"})
		}},
		{says: "Authorization: Bearer <jwt-token>", holds: func(r *specTest) {
			r.ann.joins(args{"where": "header"})
		}},
		{says: "Client connects → Server sends `room_state` message", tcfg: transport.Config{SniffTimeout: 900 * time.Millisecond}, holds: func(r *specTest) {
			r.ann.joins(nil)
			if first := r.ann.status().Messages[0]; first.Event != "room_state" {
				r.t.Errorf("first comes %+v", first)
			}
		}},
		{says: "Client sends `sync` updates → Server broadcasts to other clients", holds: func(r *specTest) {
			r.meet()
			r.ann.do("type", args{"text": "Dogs."}, nil)
			r.bob.showsText("Dogs.")
			r.bob.do("type", args{"text": " Cats."}, nil)
			r.ann.showsText("Dogs. Cats.")
		}},
		{says: "Client sends `presence` updates → Server broadcasts to other clients", holds: func(r *specTest) {
			r.meet()
			r.ann.sends(args{"type": "presence", "event": "cursor", "cursor": args{"position": 3, "selection": args{"start": 1, "end": 3}}})
			r.bob.awaitMessage(args{"type": "presence", "event": "cursor", "cursor": args{"position": 3}})
		}},
		{says: "Periodic `ping`/`pong` → Keep connection alive (every 30 seconds)", holds: func(r *specTest) {
			r.ann.joins(nil)
			for n := range 10 {
				r.ann.sends(args{"type": "ping"})
				r.ann.awaitMessages(n+1, args{"type": "pong"})
			}
		}},
		{says: "Client disconnects → Server sends `presence:left` to other clients", holds: func(r *specTest) {
			r.meet()
			r.ann.sends(args{"type": "presence", "event": "cursor", "cursor": args{"position": 3}})
			r.bob.awaitMessage(args{"event": "cursor"})
			r.ann.do("leave", nil, nil)
			r.bob.awaitMessage(args{"type": "presence", "event": "left", "user": args{"id": r.ann.id}})
			r.ann.joins(nil)
			r.bob.awaitMessage(args{"type": "presence", "event": "joined", "user": args{"id": r.ann.id}})
		}},
		{says: "Receive the current yjs state", holds: func(r *specTest) {
			r.ann.joins(nil)
			r.ann.do("type", args{"text": "Dogs."}, nil)
			r.ann.awaitMessage(args{"event": "ack"})
			r.bob.joins(nil)
			r.bob.showsText("Dogs.")
		}},
	})
}

// TestSpecMessages checks the sentences about the form of messages, and the examples with them.
func TestSpecMessages(t *testing.T) {
	mustHoldAll(t, []sentence{
		{says: "All messages are JSON objects with the following structure", holds: func(r *specTest) {
			r.meet() // a message in another form fails each of these tests
			r.ann.do("type", args{"text": "Dogs."}, nil)
			r.ann.sends(args{"type": "ping", "timestamp": int64(1701705600000), "extra": []int{1}})
			r.ann.awaitMessage(args{"type": "pong"})
			r.bob.showsText("Dogs.")
			for _, m := range append(r.ann.status().Messages, r.bob.status().Messages...) {
				if m.Type == "" {
					r.t.Errorf("a message without a type: %+v", m)
				}
			}
		}},
		{says: "Sync Messages (yjs Updates): update, version, from", holds: func(r *specTest) {
			r.meet()
			r.ann.do("type", args{"text": "Dogs."}, nil)
			first := r.bob.awaitMessage(args{"type": "sync", "from": r.ann.id})
			r.ann.do("type", args{"text": " Cats."}, nil)
			second := r.bob.awaitMessages(2, args{"type": "sync", "from": r.ann.id})[1]
			if first.Version == 0 || second.Version != first.Version+1 || first.Update == "" {
				r.t.Errorf("%+v, then %+v", first, second)
			}
		}},
		{says: "User Joined: id, name, color", holds: func(r *specTest) {
			r.meet()
			user := r.ann.awaitMessage(args{"type": "presence", "event": "joined", "user": args{"id": r.bob.id}}).User
			if user["name"] != "Name of "+r.bob.id || !strings.HasPrefix(user["color"].(string), "#") {
				r.t.Errorf("%v", user)
			}
		}},
		{says: "User Left: id", holds: func(r *specTest) {
			r.meet()
			r.ann.awaitMessage(args{"event": "joined"})
			r.bob.do("leave", nil, nil)
			r.ann.awaitMessage(args{"type": "presence", "event": "left", "user": args{"id": r.bob.id}})
		}},
		{says: "Cursor Update: position, selection {start, end}", holds: func(r *specTest) {
			r.meet()
			cursor := args{"position": 42, "selection": args{"start": 40, "end": 45}}
			r.ann.sends(args{"type": "presence", "event": "cursor", "user": args{"id": r.ann.id}, "cursor": cursor})
			r.bob.awaitMessage(args{"type": "presence", "event": "cursor", "user": args{"id": r.ann.id}, "cursor": cursor})
		}},
		{says: "Optional \"typing\" or \"idle\" signals", holds: func(r *specTest) {
			r.meet()
			for _, event := range []string{"typing", "idle"} {
				r.ann.sends(args{"type": "presence", "event": event, "user": args{"id": r.ann.id}})
				r.bob.awaitMessage(args{"type": "presence", "event": event, "user": args{"id": r.ann.id}})
			}
		}},
		{says: "Awareness Update (yjs awareness)", holds: func(r *specTest) {
			r.meet()
			r.ann.sends(args{"type": "presence", "event": "awareness", "user": args{"id": r.ann.id}, "awareness": "AQcBAnt9"})
			if m := r.bob.awaitMessage(args{"type": "presence", "event": "awareness", "user": args{"id": r.ann.id}}); m.Awareness == "" {
				r.t.Errorf("%+v", m)
			}
		}},
		{says: "Room State: id, participants, yjsState, version", holds: func(r *specTest) {
			r.ann.joins(nil)
			r.ann.do("type", args{"text": "Dogs."}, nil)
			version := r.ann.awaitMessage(args{"event": "ack"}).Version
			room := r.bob.joins(nil).Room
			if room.ID != "record:abc123" || room.Version != version || room.YjsState == "" || len(room.Participants) == 0 {
				r.t.Errorf("%+v, at version %d", room, version)
			}
		}},
		{says: "Presence data should not expose sensitive user information", holds: func(r *specTest) {
			r.meet()
			for _, user := range append(r.bob.joins(nil).Room.Participants, r.ann.awaitMessage(args{"event": "joined"}).User) {
				if got := slices.Sorted(maps.Keys(user)); !slices.Equal(got, []string{"color", "id", "name"}) {
					r.t.Errorf("a user has the members %v", got)
				}
			}
		}},
		{says: "You don't have permission to edit this record (PERMISSION_DENIED)", holds: func(r *specTest) {
			r.ann.joins(args{"token": r.token(r.ann.id, auth.View)})
			r.ann.do("type", args{"text": "Dogs."}, nil)
			if m := r.ann.awaitMessage(args{"type": "control", "event": "error", "error": args{"code": "PERMISSION_DENIED"}}); m.Error.Message == "" {
				r.t.Error("without a message")
			}
		}},
		{says: "Lock/unlock document; system notices: level, message", holds: func(r *specTest) {
			r.ann.joins(nil)
			key := roomkey.MustParse("record:abc123")
			if err := r.h.engine.Lock(context.Background(), key, true, ""); err != nil {
				r.t.Error(err)
			}
			if m := r.ann.awaitMessage(args{"type": "control", "event": "notice", "notice": args{"level": "info"}}); m.Notice.Message == "" {
				r.t.Error("without a message")
			}
		}},
		{says: "Kick user from room (admin actions)", holds: func(r *specTest) {
			r.ann.joins(nil)
			key := roomkey.MustParse("record:abc123")
			if _, err := r.h.engine.Kick(context.Background(), key, r.ann.id, ""); err != nil {
				r.t.Error(err)
			}
			r.ann.mustBeClosed("KICKED")
		}},
		{says: "Heartbeat/Ping: timestamp", holds: func(r *specTest) {
			r.ann.joins(nil)
			r.ann.sends(args{"type": "ping"})
			if m := r.ann.awaitMessage(args{"type": "pong"}); m.Timestamp < 1701705600000 {
				r.t.Errorf("%+v", m)
			}
		}},
		{says: "Batch multiple yjs updates into single message when possible", holds: func(r *specTest) {
			r.meet()
			letters := strings.Repeat("x", 40)
			r.ann.do("types", args{"text": letters}, nil)
			r.bob.showsText(letters)
			if n := len(r.bob.awaitMessages(1, args{"type": "sync"})); n > 20 {
				r.t.Errorf("40 updates come in %d messages", n)
			}
		}},
		{says: "Limit message size to 64KB; split large updates across multiple messages", holds: func(r *specTest) {
			r.meet()
			r.ann.do("fill", args{"bytes": 300_000}, nil)
			r.bob.showsText(strings.Repeat("x", 300_000))
			r.ann.joins(nil)
			r.ann.showsText(strings.Repeat("x", 300_000))
			for _, c := range []*specClient{r.ann, r.bob} {
				if st := c.status(); st.Longest > 64<<10 || st.Count < 5 {
					r.t.Errorf("%s was sent a message of %d bytes, %d in all", c.name, st.Longest, st.Count)
				}
			}
		}},
	})
}
