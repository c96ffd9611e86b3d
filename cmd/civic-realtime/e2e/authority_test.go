package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

const recheck = time.Second // the sweep runs once a second, too

// startSite starts a site with a record to edit, whose server rechecks sessions often.
func startSite(t *testing.T) *site {
	t.Helper()
	w := newSite(t, "    attempts: 1\n    breaker_pause: 100ms\n  auth: {recheck: "+recheck.String()+", viewers: admit}\n")
	w.api.Put(room, "Dogs on leads.", nil)
	return w
}

// login signs a user in, and returns the token and the options with which CivicPress' UI then
// connects.
func (w *site) login(name, role string) (options args, token string) {
	token = w.api.Login(name, role)
	return asUI(token), token
}

func asUI(token string) args { return args{"version": 3, "protocols": []string{"auth." + token}} }

// mustBeClosed opens a record, waits for the close, and checks its code and reason.
func (c *client) mustBeClosed(w *site, id string, options args, code int, reason string) {
	c.t.Helper()
	a := args{"url": w.url(), "room": id}
	for k, v := range options {
		a[k] = v
	}
	c.do("open", a, nil)
	c.mustHaveClosed(code, reason)
	c.do("disconnect", nil, nil)
}

func (c *client) mustHaveClosed(code int, reason string) {
	c.t.Helper()
	c.wait(args{"closes": 1})
	if st := c.status(); st.Closes[0] != (closed{code, reason}) || st.TextFrames > 0 {
		c.t.Errorf("client %s: %+v, %d text frames", c.name, st.Closes, st.TextFrames)
	}
}

// untilCounted waits until a metric is above zero.
func (s *server) untilCounted(name string) {
	s.t.Helper()
	s.untilMetrics(name+" is above 0", func(metrics string) bool {
		_, value, ok := strings.Cut(metrics, "\n"+name+" ")
		return ok && !strings.HasPrefix(value, "0\n")
	})
}

// mustNotLog checks that the log contains no part of a token.
func (w *site) mustNotLog(tokens ...string) {
	w.t.Helper()
	for _, token := range tokens {
		for part := range strings.SplitSeq(token, ".") {
			if strings.Contains(w.log.String(), part) {
				w.t.Error("the log has a part of a token")
			}
		}
	}
}

// TestSessionsOfCivicPress shows that CivicPress' UI needs only another URL to connect, also with
// the doubled prefix of configurations that were shipped, and that two users can edit.
func TestSessionsOfCivicPress(t *testing.T) {
	t.Parallel()
	w := startSite(t)
	ann, bob := newClient(t, "ann"), newClient(t, "bob")
	options, first := w.login("ann", "clerk")
	ann.openWith(w.server, room, options)
	options, second := w.login("bob", "legal_dept")
	options["url"] = "ws://" + w.addr + "/realtime/realtime/records"
	bob.openWith(w.server, room, options)
	ann.types([]any{0, 0, "Dogs on leads."})
	bob.wait(args{"covers": []claim{ann.report().Claim}})
	bob.types([]any{5, 2, "off"})
	if r := converge(t, ann, bob); r.Text != "Dogs off leads." {
		t.Errorf("they have %q", r.Text)
	}
	ann.mustBeUndisturbed()
	bob.mustBeUndisturbed()
	w.mustNotLog(first, second)
}

// TestViewOnlyUsersCanWrite shows that a viewer's edits are refused and reach nobody. Its name is
// an entry in the list of known problems.
func TestViewOnlyUsersCanWrite(t *testing.T) {
	t.Parallel()
	w := startSite(t)
	ann, bob := newClient(t, "ann"), newClient(t, "bob")
	options, _ := w.login("ann", "clerk")
	ann.openWith(w.server, room, options)
	ann.types([]any{0, 0, "Dogs on leads."})
	options, _ = w.login("bob", "public")
	bob.openWith(w.server, room, options)
	bob.wait(args{"covers": []claim{ann.report().Claim}})
	bob.types([]any{0, 4, "Cats"})
	bob.wait(args{"problem": "read-only"})
	bob.do("presence", here("bob"), nil)
	ann.wait(sees("bob"))
	ann.types([]any{0, 0, "All "})
	bob.wait(args{"covers": []claim{ann.report().Claim}})
	cleo := newClient(t, "cleo")
	options, _ = w.login("cleo", "clerk")
	cleo.openWith(w.server, room, options)
	if r := converge(t, ann, cleo); r.Text != "All Dogs on leads." {
		t.Errorf("others have %q", r.Text)
	}
	ann.mustBeUndisturbed()
	if st := bob.status(); st.Connects != 1 || len(st.Closes) > 0 {
		t.Errorf("the viewer went through %+v", st)
	}
}

// TestAMissingRecordIsReportedAsAPermissionError shows that a refused client gets the reason, in
// close codes that CivicPress' UI explains. Its name is an entry in the list of known problems.
func TestAMissingRecordIsReportedAsAPermissionError(t *testing.T) {
	t.Parallel()
	w := startSite(t)
	w.api.Put("internal", "shh", map[string]any{"status": "under_review"})
	c := newClient(t, "c")
	clerk, _ := w.login("ann", "clerk")
	viewer, _ := w.login("bob", "public")
	nothing, _ := w.login("eve", "suspended")
	for _, test := range []struct {
		name    string
		id      string
		options args
		code    int
		reason  string
	}{
		{"missing record", "nowhere", clerk, 4004, "no such record"},
		{"missing record, for a viewer", "nowhere", viewer, 4004, "no such record"},
		{"hidden from viewers", "internal", viewer, 4004, "no such record"},
		{"no permission", room, nothing, 4003, "no permission to view records"},
		{"dead token", room, asUI(w.api.Sign(strings.Repeat("ab", 32))), 4001, "session expired or unknown"},
		{"forged token", room, asUI(strings.Repeat("ab", 32) + "." + strings.Repeat("cd", 32)), 4001, "session expired or unknown"},
		{"a JWT, which are not taken", room, asUI("eyJh.eyJz.c2ln"), 4001, "session expired or unknown"},
		{"no token", room, args{"version": 3}, 4001, "token missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.t = t
			c.do("forget", nil, nil)
			c.mustBeClosed(w, test.id, test.options, test.code, test.reason)
			for _, p := range c.status().Problems {
				if test.code == 4004 && strings.Contains(p, "ermission") {
					t.Errorf("it complains of %q", p)
				}
			}
		})
	}
	c.t = t
	c.openWith(w.server, "internal", clerk)
}

// TestLogoutAndRoleChangesLeaveSocketsOpenAndWritable shows that connections end, or become
// read-only, at the next recheck, and that others stay. Its name is an entry in the list of known
// problems.
func TestLogoutAndRoleChangesLeaveSocketsOpenAndWritable(t *testing.T) {
	t.Parallel()
	w := startSite(t)
	ann := newClient(t, "ann")
	options, _ := w.login("ann", "clerk")
	ann.openWith(w.server, room, options)
	w.api.Put("doomed", "text", nil)
	t.Run("logout", func(t *testing.T) {
		bob, native := newClient(t, "bob"), newClient(t, "bob's program")
		options, token := w.login("bob", "clerk")
		bob.openWith(w.server, room, options)
		native.openWith(w.server, room, args{"version": "json", "params": args{"token": token}})
		w.api.Revoke(token)
		bob.mustHaveClosed(4001, "session expired or revoked")
		native.mustHaveClosedNatively(4001, protocol.CodeSessionRevoked)
		bob.wait(args{"closes": 2}) // the provider tries again in spite of the code
		if st := bob.status(); st.Closes[1].Code != 4001 {
			t.Errorf("%+v", st.Closes)
		}
	})
	t.Run("no permission any more", func(t *testing.T) {
		cleo := newClient(t, "cleo")
		options, _ := w.login("cleo", "clerk")
		cleo.openWith(w.server, room, options)
		w.api.SetRole("cleo", "suspended")
		cleo.mustHaveClosed(4003, "no permission to view records")
	})
	t.Run("record removed", func(t *testing.T) {
		dan := newClient(t, "dan")
		options, _ := w.login("dan", "clerk")
		dan.openWith(w.server, "doomed", options)
		w.api.Remove("doomed")
		dan.mustHaveClosed(4004, "no such record")
	})
	t.Run("demoted, and promoted again", func(t *testing.T) {
		eve := newClient(t, "eve")
		_, token := w.login("eve", "clerk")
		eve.openWith(w.server, room, args{"version": "json", "params": args{"token": token}})
		eve.types([]any{0, 0, "One. "})
		ann.wait(args{"covers": []claim{eve.report().Claim}})
		before := ann.report().Text
		w.api.SetRole("eve", "public")
		eve.wait(args{"notice": "you may only read from now on"})
		eve.types([]any{0, 0, "Two. "})
		eve.wait(args{"failure": protocol.CodePermissionDenied})
		if text := ann.report().Text; text != before {
			t.Errorf("the others have %q", text)
		}
		w.api.SetRole("eve", "clerk")
		eve.wait(args{"notice": "you may write from now on"})
		if st := eve.status(); st.Connects != 1 || len(st.Closes) > 0 {
			t.Errorf("she went through %+v", st)
		}
	})
	ann.mustBeUndisturbed()
}

// mustHaveClosedNatively checks that the client was sent the reason of the close in its own
// protocol.
func (c *client) mustHaveClosedNatively(code int, failure string) {
	c.t.Helper()
	c.wait(args{"closes": 1, "failure": failure})
	if st := c.status(); st.Closes[0].Code != code {
		c.t.Errorf("client %s: %+v", c.name, st.Closes)
	}
}

// TestCivicPressIsAway shows that a client that connects while CivicPress does not answer is closed
// with a code after which it comes back, and is admitted later, and that connected clients stay.
func TestCivicPressIsAway(t *testing.T) {
	t.Parallel()
	w := startSite(t)
	ann, bob := newClient(t, "ann"), newClient(t, "bob")
	options, _ := w.login("ann", "clerk")
	ann.openWith(w.server, room, options)
	options, _ = w.login("bob", "clerk")
	w.api.Fail(standin.Fault{Status: 503})
	bob.do("open", args{"url": w.url(), "room": room, "version": 3, "protocols": options["protocols"]}, nil)
	bob.mustHaveClosed(4503, "CivicPress does not answer, try again")
	w.untilCounted(`realtime_sessions_rechecked_total{outcome="failed"}`)
	ann.types([]any{0, 0, "Still here."})
	w.api.ClearFaults()
	bob.wait(args{"synced": true, "covers": []claim{ann.report().Claim}})
	w.untilCounted(`realtime_sessions_rechecked_total{outcome="upheld"}`)
	ann.mustBeUndisturbed()
	bob.mustBeSound()
	for _, line := range []string{"CivicPress does not answer", "CivicPress answers again"} {
		if !w.log.Until(patience, func(log string) bool { return strings.Contains(log, line) }) {
			t.Errorf("the log does not say %q", line)
		}
	}
}

// TestFramesWhileTheTokenIsChecked shows that frames that come before CivicPress has answered are
// processed later.
func TestFramesWhileTheTokenIsChecked(t *testing.T) {
	t.Parallel()
	w := startSite(t)
	w.api.Fail(standin.Fault{Route: standin.Me, Delay: 3 * time.Second, Times: 1})
	ann, bob := newClient(t, "ann"), newClient(t, "bob")
	options, _ := w.login("ann", "clerk")
	ann.do("open", args{"url": w.url(), "room": room, "version": 3, "protocols": options["protocols"]}, nil)
	ann.wait(args{"connects": 1})
	ann.types([]any{0, 0, "Typed at once."})
	ann.wait(args{"sent": 2})
	if w.api.Count(standin.Me) > 0 {
		t.Fatal("the token has been checked already: the test shows nothing")
	}
	ann.wait(args{"synced": true})
	options, _ = w.login("bob", "clerk")
	bob.openWith(w.server, room, options)
	if r := converge(t, ann, bob); r.Text != "Typed at once." {
		t.Errorf("they have %q", r.Text)
	}
	ann.mustBeUndisturbed()
}

// TestAMalformedOr11MiBFrameBeforeLoginEndsTheProcess shows that such a frame ends the connection
// only. Its name is an entry in the list of known problems.
func TestAMalformedOr11MiBFrameBeforeLoginEndsTheProcess(t *testing.T) {
	t.Parallel()
	w := startSite(t)
	ann := newClient(t, "ann")
	options, good := w.login("ann", "clerk")
	ann.openWith(w.server, room, options)
	long := frame(fin|opBinary, strings.Repeat("x", 11<<20))
	for _, test := range []struct {
		name, token string
		send        []byte
		code        int
	}{
		{"malformed, no token", "", badFrames["reserved bit 1"], 4001},
		{"malformed, dead token", w.api.Sign(strings.Repeat("ab", 32)), badFrames["stray continuation"], 4001},
		{"malformed, good token", good, badFrames["reserved bit 1"], 1002},
		{"length of 2^63, good token", good, badFrames["length of 2^63"], 1002},
		{"11 MiB, no token", "", long, 4001},
		{"11 MiB, dead token", w.api.Sign(strings.Repeat("cd", 32)), long, 4001},
		{"2^40 bytes, good token", good, badFrames["length of 2^40"], 1009},
	} {
		w.api.ClearFaults()
		w.api.Fail(standin.Fault{Delay: 300 * time.Millisecond})
		conn := dialRaw(t, w.server, "/realtime/records/"+room+"?token="+test.token)
		go conn.Write(test.send) // blocks until the server reads
		if code, reason := conn.closeCode(); code != test.code {
			t.Errorf("%s: closed with %d %s", test.name, code, reason)
		}
		w.mustBeHealthy()
	}
	ann.mustBeUndisturbed()
}
