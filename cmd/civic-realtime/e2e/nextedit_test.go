package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
)

// TestNextEditArrives shows that after every interruption, with each client, the next edit arrives.
// The client reconnects by itself, as docs/protocol.md says, unless the code is final for it; then
// its page signs in and connects. Edits made meanwhile and after that are in the document. The
// codes are those of the standard set first.
func TestNextEditArrives(t *testing.T) {
	t.Parallel()
	for _, version := range append([]any{"json", "msgpack"}, yWebsockets...) {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			c, reader := newClockedClient(t, fmt.Sprint(version)), newClient(t, "reader")
			for _, b := range interruptions {
				for set, code := range b.codes {
					if b.json && version != "json" || set > 0 && code == b.codes[0] {
						continue
					}
					t.Run(fmt.Sprint(b.name, ", ", code), func(t *testing.T) {
						b.tcfg.CloseCodes = transport.CloseCodes(set)
						b.happens(t, c, reader, version, code)
					})
				}
			}
			c.t, reader.t = t, t
		})
	}
}

// TestInterruptions checks that each close code in the table of errors after which a client may
// come back has an interruption.
func TestInterruptions(t *testing.T) {
	t.Parallel()
	for _, code := range docCloseCodes(t, errorTable(t)) {
		mayPass := code < 4000 || code >= 4500
		if mayPass && !slices.ContainsFunc(interruptions, func(b interruption) bool { return slices.Contains(b.codes[:], code) }) {
			t.Errorf("nothing happens that ends a connection with %d", code)
		}
	}
}

func (b interruption) happens(t *testing.T, c, reader *client, version any, code int) {
	c.t, reader.t, c.native = t, t, isNative(version)
	i := &interrupted{errorClient: &errorClient{client: c, proto: protocolOf(version)}, interruption: b, t: t, store: &failingStore{Memory: persist.NewMemory(), resumed: make(chan struct{})}}
	i.open(b.tcfg)
	if b.token == nil {
		b.token = editor
	}
	if b.before != nil {
		b.before(i)
	}
	params := args{}
	if token := b.token(i.h); token != "" {
		params["token"] = token
	}
	c.do("open", args{"url": i.url(), "room": room, "version": version, "params": params}, nil)
	if b.act != nil {
		c.wait(args{"synced": true})
		b.act(i)
	}
	c.wait(args{"ended": true})
	if got := c.status().Closes[0].Code; got != code {
		t.Fatalf("closed with %d", got)
	}
	c.writes("<typed meanwhile>")
	if b.repair != nil {
		b.repair(i)
	}
	i.reconnect(final(version, code))
	c.writes("<typed then>")
	c.do("pass", args{"ms": 300}, nil) // longer than native clients gather edits
	i.mustHaveArrived(reader)
	c.do("disconnect", nil, nil)
}

// final reports whether a client treats a code as final.
func final(version any, code int) bool {
	switch {
	case isNative(version):
		return code >= 4000 && code < 4500 && code != 4013 && code != 4029
	case version == 3:
		return code >= 4400 && code < 4500
	}
	return false
}

func protocolOf(version any) protocol.Protocol {
	switch version {
	case "json":
		return protocol.JSON{}
	case "msgpack":
		return protocol.MsgPack{}
	}
	return protocol.YWebsocket{}
}

func (i *interrupted) url() string { return "ws://" + i.h.addr + "/realtime/records" }

// reconnect makes the client's clock advance until the client connects, or, if the code is final
// for it, connects it.
func (i *interrupted) reconnect(final bool) {
	i.t.Helper()
	var after *int
	i.do("comeBack", nil, &after)
	if (after == nil) != final {
		i.t.Fatalf("it comes back by itself: %v", after != nil)
	}
	if final {
		i.do("reconnect", nil, nil)
	}
	i.wait(args{"synced": true})
}

// mustHaveArrived checks that another client receives the edits.
func (i *interrupted) mustHaveArrived(reader *client) {
	i.t.Helper()
	reader.openWith(&server{addr: i.h.addr}, room, args{"version": 3, "params": args{"token": editor(i.h)}})
	reader.shows("<typed meanwhile>", "<typed then>")
	reader.do("disconnect", nil, nil)
}
