package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// everyProtocol has what clients of tests speak.
var everyProtocol = []any{2, 3, "json", "msgpack"}

// metric is a counter or gauge of the server, 0 if it is not there.
func (h *house) metric(name string) float64 {
	h.t.Helper()
	return (&server{t: h.t, addr: h.addr}).metric(name)
}

// enters opens a client that may edit.
func (h *house) enters(name string, version any) *client {
	h.t.Helper()
	return h.entersWith(name, version, editor(h))
}

func (h *house) entersWith(name string, version any, token string) *client {
	h.t.Helper()
	c := newClient(h.t, name)
	c.native = isNative(version)
	c.do("open", args{"url": "ws://" + h.addr + "/realtime/records", "room": room, "version": version, "params": args{"token": token}}, nil)
	c.wait(args{"synced": true})
	return c
}

// open serves documents of so many bytes, without limits on clients.
func openHouse(t *testing.T, documentBytes int) *house {
	t.Helper()
	return newHouse(t, engine.Config{DocumentBytes: documentBytes, DocumentWarnBytes: documentBytes},
		transport.Config{Unlimited: true}, persist.NewMemory())
}

// TestLargeDocuments has clients of every protocol write 5 MB offline, in small pieces or as a
// picture, and then connect: all of it arrives, over one connection.
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

// TestLargestDocuments has clients send nearly as much as a document may be, which is four thirds
// of that in JSON.
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

// TestTooLarge has clients send what is longer than a document, and than a message: they are told
// once, keep their connection, send it once, and what others type reaches them. When they take it
// out again, the rest arrives.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	for _, version := range everyProtocol {
		for name, size := range map[string]int{"document": limit + 1000, "message": 3 * limit} {
			t.Run(fmt.Sprint(version, " ", name), func(t *testing.T) {
				t.Parallel()
				h := openHouse(t, limit)
				writer, other := h.enters("writer", version), h.enters("other", 3)
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

// TestValueSetOften sets a value of 20 KB as often as 7 s at 60 times a second do, which comes to
// eight times what a document may be: what is replaced does not count. A native client gathers
// updates, which may make a message too long; then it is asked for what they come to.
func TestValueSetOften(t *testing.T) {
	t.Parallel()
	for _, version := range everyProtocol {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			h := openHouse(t, 1<<20)
			writer, other := h.enters("writer", version), h.enters("other", 2)
			writer.do("assign", args{"times": 60 * 7, "size": 20_000}, nil)
			other.wait(args{"covers": []claim{writer.report().Claim}})
			converge(t, writer, other)
			writer.mustBeUndisturbed()
			other.mustBeUndisturbed()
		})
	}
}

// TestNestedTooDeeply has clients nest elements deeper than others can read: they are told, their
// connection ends, and each time they come back it ends later, so that what others write reaches
// them. When they take that out again what they wrote arrives.
func TestNestedTooDeeply(t *testing.T) {
	t.Parallel()
	for _, version := range everyProtocol {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			h := openHouse(t, 1<<20)
			writer, other := h.enters("writer", version), h.enters("other", 3)
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

// TestRefusalsAreLifted has clients write in a locked room and as viewers; what was refused arrives
// when that has ended, over the same connection.
func TestRefusalsAreLifted(t *testing.T) {
	t.Parallel()
	for _, version := range everyProtocol {
		for _, what := range []string{"PERMISSION_DENIED", "ROOM_LOCKED"} {
			t.Run(fmt.Sprint(version, " ", what), func(t *testing.T) {
				t.Parallel()
				h := openHouse(t, 1<<20)
				token := editor(h)
				if what == "PERMISSION_DENIED" {
					token = viewer(h)
				}
				writer, other := h.entersWith("writer", version, token), h.enters("other", 3)
				if what == "ROOM_LOCKED" {
					h.lockRoom()
				}
				writer.types([]any{0, 0, "mine"})
				if writer.native {
					writer.wait(args{"failure": what})
				} else {
					writer.wait(args{"problem": map[string]string{"PERMISSION_DENIED": "read-only", "ROOM_LOCKED": "record is locked"}[what]})
				}
				writer.types([]any{4, 0, ", still"})
				if what == "ROOM_LOCKED" {
					h.engine.Lock(roomkey.MustParse("record:"+room), false)
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
