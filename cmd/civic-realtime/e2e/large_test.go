package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// everyProtocol has a version of client for each protocol.
var everyProtocol = []any{2, 3, "json", "msgpack"}

// metric returns a counter or gauge of the server, 0 if it does not exist.
func (h *localServer) metric(name string) float64 {
	h.t.Helper()
	return (&server{t: h.t, addr: h.addr}).metric(name)
}

// newClient opens a client that may edit, and waits until it has synced.
func (h *localServer) newClient(name string, version any) *client {
	h.t.Helper()
	return h.newClientWith(name, version, editor(h))
}

func (h *localServer) newClientWith(name string, version any, token string) *client {
	h.t.Helper()
	c := newClient(h.t, name)
	c.native = isNative(version)
	c.do("open", args{"url": "ws://" + h.addr + "/realtime/records", "room": room, "version": version, "params": args{"token": token}}, nil)
	c.wait(args{"synced": true})
	return c
}

// openLocalServer starts a server for documents of at most so many bytes, without limits on
// clients.
func openLocalServer(t *testing.T, documentBytes int) *localServer {
	t.Helper()
	return newLocalServer(t, engine.Config{DocumentBytes: documentBytes, DocumentWarnBytes: documentBytes},
		transport.Config{Unlimited: true}, persist.NewMemory())
}

// TestLargeDocuments shows that 5 MB that a client of each protocol has written offline, in small
// pieces or as a picture, arrive over one connection.
func TestLargeDocuments(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, version := range everyProtocol {
		for _, what := range []string{"fill", "paste"} {
			t.Run(fmt.Sprint(version, " ", what), func(t *testing.T) {
				t.Parallel()
				room := fmt.Sprint("large-", version, what)
				reader := join(t, s, room, "reader", 3)
				writer := newClient(t, "writer")
				writer.openWith(s, room, args{"version": version})
				writer.do("disconnect", nil, nil)
				writer.do(what, args{"bytes": 5 << 20}, nil)
				writer.types([]any{0, 0, "offline "})
				writer.do("reconnect", nil, nil)
				reader.wait(args{"covers": []claim{writer.report().Claim}})
				writer.types([]any{0, 0, "online "})
				reader.wait(args{"covers": []claim{writer.report().Claim}})
				if st := writer.status(); st.Connects != 2 || len(st.Closes) != 1 || len(st.Problems)+len(st.Failures) > 0 {
					t.Errorf("the writer went through %+v", st)
				}
				reader.mustBeUndisturbed()
			})
		}
	}
}

// TestLargestDocuments shows that a document of nearly the largest size, a third more in JSON, can
// be sent in each protocol.
func TestLargestDocuments(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, version := range []any{2, "json"} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			room := fmt.Sprint("largest-", version)
			writer := newClient(t, "writer")
			writer.openWith(s, room, args{"version": version})
			writer.do("disconnect", nil, nil)
			writer.do("paste", args{"bytes": engine.DefaultDocumentBytes - 10_000}, nil)
			writer.do("reconnect", nil, nil)
			reader := join(t, s, room, "reader", 3)
			reader.wait(args{"covers": []claim{writer.report().Claim}})
			if st := writer.status(); st.Connects != 2 || len(st.Closes) != 1 || len(st.Problems)+len(st.Failures) > 0 {
				t.Errorf("the writer went through %+v", st)
			}
		})
	}
}

// TestTooLarge shows that a client whose update is longer than a document, or than a message, is
// sent one error, keeps its connection, does not send it again, and receives the updates of others;
// and that the rest arrives when it deletes that content.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	for _, version := range everyProtocol {
		for name, size := range map[string]int{"document": limit + 1000, "message": 3 * limit} {
			t.Run(fmt.Sprint(version, " ", name), func(t *testing.T) {
				t.Parallel()
				h := openLocalServer(t, limit)
				writer, other := h.newClient("writer", version), h.newClient("other", 3)
				writer.do("disconnect", nil, nil)
				writer.do("paste", args{"bytes": size}, nil)
				writer.do("reconnect", nil, nil)
				reason := name + " too large"
				if writer.native {
					writer.wait(args{"failure": strings.ToUpper(name) + "_TOO_LARGE"})
				} else {
					writer.wait(args{"problem": reason})
				}
				for range 30 {
					received := writer.status().Received
					writer.types([]any{1, 0, "mine "})
					other.types([]any{0, 0, "theirs "})
					writer.wait(args{"covers": []claim{other.report().Claim}, "received": received + 1})
				}
				st := writer.status()
				if st.Connects != 2 || len(st.Closes) != 1 || !writer.native && len(st.Problems) != 1 {
					t.Errorf("the writer went through %+v", st)
				}
				if n := h.metric("realtime_received_bytes_total"); n < float64(size) || n > 3*float64(size) {
					t.Errorf("%.0f bytes were received", n)
				}

				writer.do("unpaste", nil, nil)
				other.wait(args{"covers": []claim{writer.report().Claim}})
				if r := converge(t, writer, other); !strings.Contains(r.Text, "mine") || !strings.Contains(r.Text, "theirs") {
					t.Errorf("they have %q", r.Text)
				}
				if st := writer.status(); st.Connects != 2 {
					t.Errorf("the writer connected %d times", st.Connects)
				}
			})
		}
	}
}

// TestValueSetOften shows that a value of 20 KB that is set as often as 60 times a second for 7 s,
// eight times the largest document in all, is accepted: replaced values do not count. A native
// client gathers updates, which may make a message too long; then the server requests the
// difference.
func TestValueSetOften(t *testing.T) {
	t.Parallel()
	for _, version := range everyProtocol {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			h := openLocalServer(t, 1<<20)
			writer, other := h.newClient("writer", version), h.newClient("other", 2)
			writer.do("assign", args{"times": 60 * 7, "size": 20_000}, nil)
			other.wait(args{"covers": []claim{writer.report().Claim}})
			converge(t, writer, other)
			writer.mustBeUndisturbed()
			other.mustBeUndisturbed()
		})
	}
}

// TestNestedTooDeeply shows that a client that nests elements deeper than others can read is closed
// with the reason, later each time it reconnects, and meanwhile receives the updates of others; and
// that its other edits arrive when it removes those elements.
func TestNestedTooDeeply(t *testing.T) {
	t.Parallel()
	for _, version := range everyProtocol {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			h := openLocalServer(t, 1<<20)
			writer, other := h.newClient("writer", version), h.newClient("other", 3)
			writer.do("nest", args{"depth": 300}, nil)
			writer.types([]any{0, 0, "mine "})
			writer.wait(args{"closes": 3, "connects": 4})
			for _, c := range writer.status().Closes {
				if c.Code != 4522 || c.Reason != "types nested too deeply" {
					t.Errorf("closed with %+v", c)
				}
			}
			if writer.native {
				writer.wait(args{"failure": "INVALID_UPDATE"})
			} else {
				writer.wait(args{"problem": "types nested too deeply"})
			}
			other.types([]any{0, 0, "theirs "})
			writer.wait(args{"covers": []claim{other.report().Claim}})
			if n := h.metric("realtime_closes_held_back_total"); n < 2 {
				t.Errorf("%v closes were held back", n)
			}

			writer.do("unnest", nil, nil)
			other.wait(args{"covers": []claim{writer.report().Claim}})
			if r := converge(t, writer, other); !strings.Contains(r.Text, "mine") {
				t.Errorf("they have %q", r.Text)
			}
			other.mustBeUndisturbed()
		})
	}
}

// TestRefusalsAreLifted shows that edits that were refused, in a locked room or of a viewer, arrive
// over the same connection when the cause has ended.
func TestRefusalsAreLifted(t *testing.T) {
	t.Parallel()
	for _, version := range everyProtocol {
		for _, what := range []string{"PERMISSION_DENIED", "ROOM_LOCKED"} {
			t.Run(fmt.Sprint(version, " ", what), func(t *testing.T) {
				t.Parallel()
				h := openLocalServer(t, 1<<20)
				token := editor(h)
				if what == "PERMISSION_DENIED" {
					token = viewer(h)
				}
				writer, other := h.newClientWith("writer", version, token), h.newClient("other", 3)
				if what == "ROOM_LOCKED" {
					h.setLocked(true)
				}
				writer.types([]any{0, 0, "mine"})
				if writer.native {
					writer.wait(args{"failure": what})
				} else {
					writer.wait(args{"problem": map[string]string{"PERMISSION_DENIED": "read-only", "ROOM_LOCKED": "record is locked"}[what]})
				}
				writer.types([]any{4, 0, ", still"})
				if what == "ROOM_LOCKED" {
					h.setLocked(false)
				} else {
					writer.do("renew", args{"token": h.token(auth.Edit, time.Hour)}, nil)
				}
				other.wait(args{"covers": []claim{writer.report().Claim}})
				if r := converge(t, writer, other); r.Text != "mine, still" {
					t.Errorf("they have %q", r.Text)
				}
				if writer.native {
					writer.wait(args{"saved": true})
				}
				if st := writer.status(); st.Connects != 1 || len(st.Closes) > 0 {
					t.Errorf("the writer went through %+v", st)
				}
			})
		}
	}
}
