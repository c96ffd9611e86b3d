package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// steers calls a method of a native client for administrators.
func (c *client) steers(method string, arguments ...any) {
	c.t.Helper()
	c.do("steer", args{"method": method, "args": append([]any{}, arguments...)}, nil)
}

// mustNotSteer checks that everything that the client asks for is refused with PERMISSION_DENIED.
func (c *client) mustNotSteer(victim string) {
	c.t.Helper()
	before := len(c.status().Failures)
	c.steers("kick", victim, args{"reason": "spam", "seconds": 600})
	c.steers("lock", "vote")
	c.steers("unlock")
	c.steers("notify", "Break")
	c.wait(args{"failures": before + 4})
	for _, failure := range c.status().Failures[before:] {
		if failure.Code != protocol.CodePermissionDenied || failure.Message == "" {
			c.t.Errorf("%s is told %+v", c.name, failure)
		}
	}
}

// TestSteering shows that an administrator locks and unlocks a room, sends a notice to it, and
// keeps a user out of it, in each native protocol and with a page of y-websocket in the room; that
// others are refused; and that the user stays out of that room after a restart, and of no other.
func TestSteering(t *testing.T) {
	t.Parallel()
	for version, other := range map[string]string{"json": "msgpack", "msgpack": "json"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			testSteering(t, version, other)
		})
	}
}

func testSteering(t *testing.T, version, other string) {
	s, secret := startWithSecret(t)
	admits := func(user, access string, version any) args {
		token := token(t, secret, "--user", user, "--name", "The "+user, "--record", "*", "--access", access)
		return args{"version": version, "params": args{"token": token}}
	}
	chair, ann, pat := newClient(t, "chair"), newClient(t, "ann"), newClient(t, "pat")
	chair.openWith(s, room, admits("chair", "admin", version))
	ann.openWith(s, room, admits("ann", "edit", other))
	pat.openWith(s, room, admits("pat", "edit", 3))

	ann.mustNotSteer("pat")
	pat.writes("<open>")
	ann.wait(args{"shows": []string{"<open>"}})
	pat.mustBeUndisturbed()

	chair.steers("lock", "vote")
	chair.wait(args{"notice": "record is locked: vote"})
	ann.wait(args{"notice": "record is locked: vote"})
	pat.writes("<vote>")
	pat.wait(args{"problem": "record is locked"})
	ann.writes("<native>")
	ann.wait(args{"failure": protocol.CodeRoomLocked})
	chair.steers("unlock")
	ann.wait(args{"notice": "record is open again"})
	chair.wait(args{"shows": []string{"<vote>", "<native>"}})
	chair.steers("notify", "Break")
	ann.wait(args{"notice": "Break"})

	chair.steers("kick", "pat", args{"reason": "spam", "seconds": 600})
	chair.wait(args{"notice": "connections of pat that were closed: 1"})
	pat.mustBeKeptOut("removed from this record by The chair until 20", "spam")
	if code := s.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if log := s.log.String(); !strings.Contains(log, `msg="record is locked" `) || strings.Contains(log, "vote") {
		t.Errorf("the log says\n%s", log)
	}
	s = s.restart()
	late := newClient(t, "pat again")
	late.do("open", args{"url": s.url(), "room": room, "version": 3, "params": admits("pat", "edit", 3)["params"]}, nil)
	late.mustBeKeptOut("kept out until 20", "spam")
	late.openWith(s, "elsewhere", admits("pat", "edit", 3))
	ann.wait(args{"synced": true, "connects": 2})
	chair.wait(args{"synced": true, "connects": 2})
	if r := converge(t, ann, chair); !strings.Contains(r.Text, "<vote>") {
		t.Errorf("they have %q", r.Text)
	}
}

// mustBeKeptOut checks the code and the reason of the first close of a client of y-websocket.
func (c *client) mustBeKeptOut(prefix, suffix string) {
	c.t.Helper()
	c.wait(args{"closes": 1})
	first := c.status().Closes[0]
	if first.Code != 4403 || !strings.HasPrefix(first.Reason, prefix) || !strings.HasSuffix(first.Reason, suffix) {
		c.t.Errorf("%s was closed with %+v", c.name, first)
	}
}

// unlocksUntil asks again and again, as often as sessions are checked, to unlock the room.
func (c *client) unlocksUntil(ok func(status) bool) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); !ok(c.status()); time.Sleep(recheck) {
		if time.Now().After(deadline) {
			c.t.Fatalf("%s: %+v", c.name, c.status())
		}
		c.steers("unlock")
	}
}

// TestSteeringByPermission shows that users of CivicPress who have auth.admin_permission steer a
// room, and only as long as they have it.
func TestSteeringByPermission(t *testing.T) {
	t.Parallel()
	w := newSite(t, "    attempts: 1\n  auth: {recheck: "+recheck.String()+", admin_permission: 'records:create'}\n")
	w.api.Put(room, "Dogs on leads.", nil)
	ann, bob := newClient(t, "ann"), newClient(t, "bob")
	ann.openWith(w.server, room, args{"version": "json", "params": args{"token": w.api.Login("ann", "clerk")}})
	bob.openWith(w.server, room, args{"version": "msgpack", "params": args{"token": w.api.Login("bob", "legal_dept")}})
	bob.mustNotSteer("1")
	ann.steers("lock", "vote")
	bob.wait(args{"notice": "record is locked: vote"})

	w.api.SetRole("ann", "legal_dept")
	w.api.SetRole("bob", "clerk")
	bob.unlocksUntil(func(st status) bool { return slices.Contains(st.Notices, notice{"info", "record is open again"}) })
	ann.unlocksUntil(func(st status) bool { return len(st.Failures) > 0 })
	if failures := ann.status().Failures; failures[0].Code != protocol.CodePermissionDenied {
		t.Errorf("ann is told %+v", failures)
	}
	bob.steers("kick", "1", args{"reason": "spam", "seconds": 60})
	ann.mustHaveClosedNatively(4003, protocol.CodeKicked)
	bob.mustHaveStayed()
}
