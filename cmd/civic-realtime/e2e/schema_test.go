package e2e

import (
	"regexp"
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// validity is how docs/protocol.schema.json and docs/protocol.d.ts classify a JSON message.
type validity struct {
	Side    string // Client or Server
	Message string
	Schema  string // name of the matching message, empty for none
	Types   bool   // a compiler accepts it
}

// TestSchemaExamples shows that each JSON example in docs/protocol.md is valid for both the schema
// and the types, and that each kind of message has an example.
func TestSchemaExamples(t *testing.T) {
	t.Parallel()
	w := startSchema(t)
	var shown []validity
	w.do("examples", nil, &shown)
	var kinds struct{ Client, Server []string }
	w.do("kinds", nil, &kinds)
	var found []string
	for _, v := range shown {
		if v.Schema == "" || !v.Types {
			t.Errorf("%s: %s is %q in the schema; the types take it: %v", v.Side, v.Message, v.Schema, v.Types)
		}
		found = append(found, v.Schema)
	}
	for _, kind := range slices.Concat(kinds.Client, kinds.Server) {
		if !slices.Contains(found, kind) {
			t.Errorf("no example of %s", kind)
		}
	}
}

// TestSchemaAgrees shows that the schema and a compiler with the types agree on messages that
// differ from the examples in one place, and refuse most of them.
func TestSchemaAgrees(t *testing.T) {
	t.Parallel()
	var all []validity
	startSchema(t).do("mutants", nil, &all)
	refused := 0
	for _, v := range all {
		if v.Types != (v.Schema != "") {
			t.Errorf("%s: %s is %q in the schema; the types take it: %v", v.Side, v.Message, v.Schema, v.Types)
		}
		if !v.Types {
			refused++
		}
	}
	if refused < len(all)/2 || refused == len(all) {
		t.Errorf("%d of %d are refused", refused, len(all))
	}
}

// TestSchemaCodes checks that the schema has the error codes of the table in docs/protocol.md, and
// no others.
func TestSchemaCodes(t *testing.T) {
	t.Parallel()
	var codes, listed []string
	startSchema(t).do("codes", nil, &codes)
	for _, row := range regexp.MustCompile("(?m)^\\|[^|\n]*\\| `([A-Z_]+)` \\|").FindAllStringSubmatch(protocolDoc(t), -1) {
		listed = append(listed, row[1])
	}
	slices.Sort(listed)
	slices.Sort(codes)
	if listed = slices.Compact(listed); !slices.Equal(listed, codes) {
		t.Errorf("the table has %q, the schema %q", listed, codes)
	}
}

// startSchema starts a process that has the schema and the types.
func startSchema(t *testing.T) *client {
	t.Helper()
	return newClientOf(t, "schema", "schema.mjs")
}

// TestSchemaTraffic shows that all kinds of messages that two JSON clients and the server can send
// each other are valid for the schema. All tests with JSON clients check their messages against it.
func TestSchemaTraffic(t *testing.T) {
	t.Parallel()
	w := startSite(t)
	jane, john := newClient(t, "jane"), newClient(t, "john")
	token := w.api.Login("jane", "clerk")
	jane.openWith(w.server, room, args{"version": "json", "params": args{"token": token}})
	john.openWith(w.server, room, args{"version": "json", "params": args{"token": w.api.Login("john", "clerk")}})
	jane.exchanges("ServerRoomState", "ServerJoined")

	jane.writes("Dogs.")
	jane.exchanges("ClientUpdate", "ServerAck")
	john.exchanges("ServerUpdate")
	john.do("point", args{"at": 3}, nil)
	jane.exchanges("ServerCursor")
	john.say(args{"type": "presence", "event": "awareness", "awareness": "AQcBAnt9"})
	john.exchanges("ClientCursor", "ClientAwareness")
	jane.exchanges("ServerAwareness")
	jane.say(args{"type": "sync", "event": "request", "stateVector": "AA=="})
	jane.say(args{"type": "ping"})
	jane.say(args{"type": "control", "event": "auth", "token": token})
	jane.exchanges("ClientRequest", "ServerReply", "ClientPing", "ServerPong", "ClientAuth", "ServerAuth")
	john.say(args{"type": "presence", "event": "joined"})
	john.say(args{"type": "presence", "event": "left"})
	john.say(args{"type": "presence", "event": "typing", "in": "title"})
	john.exchanges("ClientJoined", "ClientLeft", "ClientSignal")
	jane.exchanges("ServerSignal")

	mayor := newClient(t, "mayor")
	mayor.openWith(w.server, room, args{"version": "json", "params": args{"token": w.api.Login("mayor", "admin")}})
	mayor.steers("lock", "vote")
	mayor.steers("unlock")
	mayor.steers("notify", "Break", "warning")
	john.wait(args{"notice": "Break"})
	mayor.steers("kick", "2", args{"reason": "spam", "seconds": 60})
	john.mustHaveClosedNatively(4003, protocol.CodeKicked)
	mayor.exchanges("ClientLock", "ClientUnlock", "ClientNotice", "ClientKick", "ServerNotice")
	jane.exchanges("ServerLeft")

	w.api.SetRole("jane", "public")
	jane.wait(args{"notice": "you may only read from now on"})
	jane.writes("Cats.")
	jane.exchanges("ServerAccess", "ServerError")
	w.api.Revoke(token)
	jane.exchanges("ServerSessionRevoked")
	jane.mustBeSound()
	john.mustBeSound()
	mayor.mustBeSound()
}

// say sends a message in the client's native protocol.
func (c *client) say(message args) {
	c.t.Helper()
	c.do("say", args{"message": message}, nil)
}

// exchanges waits until the client has sent or received messages of these kinds, by their names in
// the schema.
func (c *client) exchanges(kinds ...string) {
	c.t.Helper()
	c.wait(args{"exchanged": kinds})
}
