package e2e

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

func containsFold(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// badUpdate is an update that Yjs cannot read, in base64.
const badUpdate = "AQEBAMg="

// unsavedStore stores no snapshots.
type unsavedStore struct{ *persist.Memory }

func (unsavedStore) SaveSnapshot(context.Context, string, []byte, uint64) error {
	return errors.New("bad disk")
}

// TestSpecErrors checks the sentences about errors.
func TestSpecErrors(t *testing.T) {
	mustHoldAll(t, []sentence{
		{says: "Invalid token → Close connection with error message", holds: func(r *specTest) {
			r.ann.connect(args{"token": "x.y.z"})
			if m := r.ann.mustBeClosed(protocol.CodeAuthFailed); m.Error.Message == "" {
				r.t.Error("without a message")
			}
		}},
		{says: "Permission denied → Close connection with `PERMISSION_DENIED` error", holds: func(r *specTest) {
			r.ann.connect(args{"token": r.token(r.ann.id, "")})
			r.ann.mustBeClosed(protocol.CodePermissionDenied)
		}},
		{says: "Room not found → Close connection with `ROOM_NOT_FOUND` error", holds: func(r *specTest) {
			r.ann.connect(args{"url": "ws://" + r.h.addr + "/realtime/dances"})
			r.ann.mustBeClosed(protocol.CodeRoomNotFound)
		}},
		{says: "Invalid message format → Send error message, keep connection open", tcfg: transport.Config{MessageBurst: 1000}, holds: func(r *specTest) {
			r.meet()
			for range 10 {
				for _, text := range []string{"[", "{}", `{"type":"sync"}`, `{"type":"sync","update":"%"}`} {
					r.ann.do("raw", args{"text": text}, nil)
				}
			}
			r.ann.awaitMessages(40, args{"type": "control", "event": "error", "error": args{"code": protocol.CodeInvalidMessage}})
			r.ann.do("type", args{"text": "Still here."}, nil)
			r.bob.showsText("Still here.")
		}},
		{says: "Invalid yjs update → Log error, ignore message (don't broadcast), request full state sync", holds: func(r *specTest) {
			r.meet()
			r.ann.sends(args{"type": "sync", "update": badUpdate, "version": 1})
			r.ann.awaitMessage(args{"type": "control", "event": "error", "error": args{"code": protocol.CodeInvalidUpdate}})
			r.mustLog("invalid")
			r.ann.joins(nil)
			r.ann.do("type", args{"text": "Dogs."}, nil)
			r.bob.showsText("Dogs.")
			if n := len(r.bob.awaitMessages(1, args{"type": "sync"})); n != 1 {
				r.t.Errorf("the other was sent %d updates", n)
			}
		}},
		{says: "Version mismatch → Request full state sync, log conflict for monitoring", holds: func(r *specTest) {
			r.meet()
			r.ann.do("type", args{"text": "Dogs."}, nil)
			r.bob.showsText("Dogs.")
			r.ann.sends(args{"type": "sync", "update": "AAA=", "version": 1000})
			r.ann.awaitMessage(args{"type": "control", "event": "error", "error": args{"code": protocol.CodeVersionMismatch}})
			r.ann.awaitMessages(2, args{"type": "control", "event": "room_state"})
			r.mustLog("version conflict")
			r.ann.do("type", args{"text": " Cats."}, nil)
			r.bob.showsText("Dogs. Cats.")
			r.ann.showsText("Dogs. Cats.")
		}},
		{says: "Authentication failures: close connection immediately, send error message AUTH_FAILED, log failure", holds: func(r *specTest) {
			r.ann.connect(args{"token": r.token(r.ann.id, auth.Edit) + "A"})
			r.ann.mustBeClosed(protocol.CodeAuthFailed)
			r.mustLog("token")
		}},
		{says: "Permission failures: close connection with permission error, provide clear error message to user", tcfg: transport.Config{NoViewers: true}, holds: func(r *specTest) {
			r.ann.connect(args{"token": r.token(r.ann.id, auth.View)})
			if m := r.ann.mustBeClosed(protocol.CodePermissionDenied); !strings.Contains(m.Error.Message, "edit") {
				r.t.Errorf("it says %q", m.Error.Message)
			}
		}},
		{says: "Permission failures: allow read-only connection if policy permits", holds: func(r *specTest) {
			r.ann.joins(args{"token": r.token(r.ann.id, auth.View)})
			r.bob.joins(nil)
			r.bob.do("type", args{"text": "Dogs."}, nil)
			r.ann.showsText("Dogs.")
		}},
		{says: "Merge using yjs CRDT semantics", holds: func(r *specTest) {
			r.ann.joins(nil)
			r.ann.do("type", args{"text": "Dogs."}, nil)
			r.ann.awaitMessage(args{"event": "ack"})
			r.bob.connect(args{"seed": "Cats."}) // for an empty document only
			r.bob.showsText("Dogs.")
		}},
		{says: "Merge using yjs CRDT semantics: a document in several messages", holds: func(r *specTest) {
			r.ann.joins(nil)
			r.ann.do("fill", args{"bytes": 300_000}, nil)
			r.ann.awaitMessage(args{"event": "ack"})
			r.bob.connect(args{"seed": "Cats."})
			r.bob.showsText(strings.Repeat("x", 300_000))
		}},
		{says: "Snapshot save failures: retry with exponential backoff, don't block editing if save fails, alert administrators",
			store: unsavedStore{persist.NewMemory()}, engine: engine.Config{SnapshotUpdates: 1, SnapshotMinInterval: 30 * time.Millisecond}, holds: func(r *specTest) {
				r.meet()
				r.ann.do("type", args{"text": "Dogs."}, nil)
				r.mustLog(`level=ERROR msg="snapshot failed"`)
				r.ann.do("type", args{"text": " Cats."}, nil)
				r.bob.showsText("Dogs. Cats.")
				r.mustLogAgain(3, "again_in=")
			}},
		{says: "A configuration option should exist to disable realtime entirely", tcfg: transport.Config{Disabled: true}, holds: func(r *specTest) {
			r.ann.connect(nil)
			r.ann.mustBeClosed(protocol.CodeDisabled)
		}},
		{says: "Or restrict it to specific roles", tcfg: transport.Config{Roles: []string{"clerk"}}, holds: func(r *specTest) {
			r.ann.connect(args{"token": r.token(r.ann.id, auth.Edit, "public")})
			r.ann.mustBeClosed(protocol.CodePermissionDenied)
			r.bob.joins(args{"token": r.token(r.bob.id, auth.Edit, "clerk")})
		}},
	})
}

// TestSpecRecords checks the sentences about the initial content of a room.
func TestSpecRecords(t *testing.T) {
	t.Parallel()
	ann := newSpecClient(t, "ann")
	w := startSite(t)
	opens := func(t *testing.T, record string) {
		ann.t = t
		ann.do("connect", args{"url": w.url(), "record": record, "token": w.api.Login("ann", "clerk")}, nil)
	}
	t.Run("Checks that record ID in URL exists; if record doesn't exist, connection is rejected", func(t *testing.T) {
		opens(t, "nowhere")
		ann.mustBeClosed(protocol.CodeRoomNotFound)
	})
	t.Run("Loads GET /api/v1/records/:id and converts Markdown to initial yjs state", func(t *testing.T) {
		w.api.Put("by-law-9", "Dogs on leads.", nil)
		opens(t, "by-law-9")
		ann.awaitMessage(args{"event": "room_state"})
		ann.wait(args{"holds": "Dogs on leads."})
	})
	t.Run("Snapshot load failures: fallback to loading record from API, convert Markdown → yjs as initial state, log error for debugging", func(t *testing.T) {
		ann.do("type", args{"text": "Cats."}, nil)
		ann.awaitMessage(args{"event": "ack"})
		w.server = w.restartDamaged("by-law-9")
		opens(t, "by-law-9")
		ann.awaitMessage(args{"event": "room_state"})
		ann.wait(args{"holds": "Dogs on leads."})
		w.untilWritten("damage found in the store")
	})
	ann.t = t
}

// TestSpecRates checks the sentences about rates and limits.
func TestSpecRates(t *testing.T) {
	warning := args{"type": "control", "event": "notice", "notice": args{"level": "warning", "message": "Rate limit approaching"}}
	letters := strings.Repeat("x", 70)
	mustHoldAll(t, []sentence{
		{says: "Throttle client messages (max 10/second)", holds: func(r *specTest) {
			r.meet()
			r.ann.do("types", args{"text": letters}, nil)
			r.bob.showsText(letters) // nothing is lost
			if r.h.metric("realtime_throttled_total") == 0 {
				r.t.Error("it was not throttled")
			}
			if r.ann.status().Closed != nil {
				r.t.Error("the connection ended")
			}
		}},
		{says: "Send warning: Rate limit approaching", holds: func(r *specTest) {
			r.ann.joins(nil)
			r.ann.do("types", args{"text": letters}, nil)
			r.ann.awaitMessage(warning)
		}},
		{says: "Rate limit exceeded → Close connection with `RATE_LIMIT_EXCEEDED` error", tcfg: lowRate, holds: func(r *specTest) {
			r.ann.joins(nil)
			r.ann.do("types", args{"text": letters}, nil)
			r.ann.mustBeClosed(protocol.CodeRateLimit)
			r.mustLog("rate limit")
		}},
		{says: "Per IP (max 100 connections per IP)", tcfg: transport.Config{ConnectionsPerUser: 1000, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, holds: func(r *specTest) {
			r.occupy(99, "192.0.2.1")
			r.bob.joins(args{"headers": args{"X-Forwarded-For": "192.0.2.1"}})
			r.ann.connect(args{"headers": args{"X-Forwarded-For": "192.0.2.1"}})
			r.ann.mustBeClosed(protocol.CodeConnectionLimit)
			r.ann.joins(args{"headers": args{"X-Forwarded-For": "192.0.2.2"}})
		}},
		{says: "Per user (max 10 concurrent connections per user)", holds: func(r *specTest) {
			r.occupy(10, "192.0.2.1")
			r.bob.joins(nil)
			r.ann.connect(nil)
			r.ann.mustBeClosed(protocol.CodeConnectionLimit)
		}},
	})
}

// mustLogAgain waits until a text was logged several times.
func (r *specTest) mustLogAgain(times int, text string) {
	r.t.Helper()
	if !r.h.log.Until(patience, func(log string) bool { return strings.Count(log, text) >= times }) {
		r.t.Errorf("the log does not say %d times %q:\n%s", times, text, r.h.log.Tail(20))
	}
}

// occupy makes several connections of Ann, from an address.
func (r *specTest) occupy(count int, ip string) {
	r.t.Helper()
	token := r.token(r.ann.id, auth.Edit)
	for range count {
		c := dialRawFrom(r.t, ip, &server{addr: r.h.addr}, "/realtime/records/elsewhere?token="+token)
		c.Write(frame(fin|1, `{"type":"ping"}`))
		c.mustReceive(r.t, opText) // the state of the room
	}
}
