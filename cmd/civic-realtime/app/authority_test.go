package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// site is a stand-in for CivicPress, with an authority that asks it.
type site struct {
	*authority
	t   *testing.T
	api *standin.API
	url string
	log bytes.Buffer
}

// newSite returns a site with the records r, which has a draft, and internal. keys are the
// configuration below realtime.
func newSite(t *testing.T, keys string) *site {
	t.Helper()
	w := &site{t: t, api: standin.New(standin.Options{AuthLimit: -1, Limit: -1, Snapshots: true})}
	url, stop, err := w.api.Listen()
	if err != nil {
		t.Fatal(err)
	}
	w.url = url
	t.Cleanup(stop)
	w.api.Put("r", "old", nil)
	w.api.PutDraft("r", "new")
	w.api.Put("slug", "by its file's name", map[string]any{"id": "record-1"})
	w.api.Put("internal", "shh", map[string]any{"status": "under_review"})
	c, err := parse(t, strings.ReplaceAll("realtime:\n"+keys, "URL", url))
	if err != nil {
		t.Fatal(err)
	}
	if w.authority, err = openCivicPress(c, slog.New(slog.NewTextHandler(&w.log, nil))); err != nil {
		t.Fatal(err)
	}
	return w
}

// quick configures a client of CivicPress that gives up soon.
const quick = "  civicpress: {url: URL, attempts: 1, breaker_pause: 1ms, refresh_pause: 1ms, secret: " + standin.DefaultSecret + "}\n"

// refused returns the close code and the reason that a client is sent.
func refused(err error) (engine.CloseCode, string) {
	var why *engine.CloseError
	if !errors.As(err, &why) {
		return 0, ""
	}
	return why.Code, why.Reason
}

// TestAdmit shows with which identities users are admitted, and for which reasons others are
// refused.
func TestAdmit(t *testing.T) {
	for _, test := range []struct {
		name, role, id string // without a role, an anonymous user
		fault          standin.Fault
		code           engine.CloseCode // 0: admitted
		reason         string
		readOnly       bool
		text           string
	}{
		{name: "editor", role: "clerk", id: "r", text: "new"},
		{name: "editor who may not create", role: "legal_dept", id: "r", text: "new"},
		{name: "answered with another id", role: "clerk", id: "slug", text: "by its file's name"},
		{name: "viewer", role: "public", id: "r", readOnly: true, text: "old"},
		{name: "unpublished, for an editor", role: "clerk", id: "internal", text: "shh"},
		{name: "unpublished, for a viewer", role: "public", id: "internal", code: engine.CloseRoomNotFound, reason: "no such record"},
		{name: "A missing record is reported as a permission error", role: "clerk", id: "s", code: engine.CloseRoomNotFound, reason: "no such record"},
		{name: "may nothing", role: "suspended", id: "r", code: engine.CloseForbidden, reason: "no permission to view records"},
		{name: "may nothing with what is not there", role: "suspended", id: "s", code: engine.CloseForbidden, reason: "no permission to view records"},
		{name: "dead token", id: "r", code: engine.CloseAuthFailed, reason: "session expired or unknown"},
		{name: "API is down", role: "clerk", id: "r", fault: standin.Fault{Status: 502}, code: engine.CloseUnavailable, reason: "CivicPress does not answer, try again"},
		{name: "records are down", role: "clerk", id: "r", fault: standin.Fault{Route: standin.GetRecord, Status: 500}, code: engine.CloseUnavailable, reason: "CivicPress does not answer, try again"},
		{name: "too many calls", role: "clerk", id: "r", fault: standin.Fault{Status: 429, RetryAfter: "60"}, code: engine.CloseUnavailable, reason: "CivicPress does not answer, try again"},
		{name: "something else there", role: "clerk", id: "r", fault: standin.Fault{Body: "<p>It works!"}, code: engine.CloseInternal, reason: "internal error"},
		{name: "no API there", role: "clerk", id: "r", fault: standin.Fault{NoRoute: true}, code: engine.CloseInternal, reason: "internal error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newSite(t, quick)
			token := w.api.Sign(strings.Repeat("ab", 32))
			if test.role != "" {
				token = w.api.Login("ann", test.role)
			}
			if test.fault != (standin.Fault{}) {
				w.api.Fail(test.fault)
			}
			s, err := w.Admit(t.Context(), token, roomkey.MustParse("record:"+test.id))
			if code, reason := refused(err); code != test.code || reason != test.reason || (code == 0) != (err == nil) {
				t.Fatalf("%v", err)
			}
			if err != nil {
				return
			}
			if s.ID != "1" || s.Name != "The ann" || s.ReadOnly != test.readOnly || s.Credential != token || s.Checked.IsZero() || s.Roles[0] != test.role {
				t.Errorf("%v, %v, read-only %v, %v, %q", s.ID, s.Name, s.ReadOnly, s.Checked, s.Roles)
			}
			if s.Text.Markdown != test.text || s.Text.ShowsDrafts == test.readOnly || s.Text.Revision == "" {
				t.Errorf("%+v", s.Text)
			}
		})
	}
}

// TestPublishedOnly shows which users see published text only, by policy and role, and that users
// with a JWT see everything.
func TestPublishedOnly(t *testing.T) {
	const keys = "  auth: {jwt: {secret: " + testSecret + "}, viewers: "
	for policy, hides := range map[string]bool{"published": true, "admit": false, "reject": false} {
		w := newSite(t, strings.Replace(quick, "{", "{token: soon, ", 1)+keys+policy+"}\n")
		view, err := auth.JWTConfig{}.Sign([]byte(testSecret), auth.Session{Identity: engine.Identity{ID: "u9"}, Grants: auth.Grants{"r": "view"}}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for token, want := range map[string]bool{w.api.Login("ann", "clerk"): false, w.api.Login("bob", "public"): hides, view: false} {
			if s, err := w.Admit(t.Context(), token, roomkey.MustParse("record:r")); err != nil || s.PublishedOnly != want {
				t.Errorf("%s: %s may see only what is published: %v, %v", policy, s.ID, s.PublishedOnly, err)
			}
		}
	}
}

// TestAdminPermission shows which users of CivicPress administrate rooms: those with the configured
// permission or all permissions, by default the latter only; with none, nobody.
func TestAdminPermission(t *testing.T) {
	for permission, want := range map[string]map[string]bool{
		"":               {"admin": true, "clerk": false, "public": false},
		"records:create": {"admin": true, "clerk": true, "legal_dept": false, "public": false},
		"records:view":   {"clerk": true, "public": false}, // who may not edit does not administrate
		"none":           {"admin": false, "clerk": false},
	} {
		w := newSite(t, quick+"  auth: {admin_permission: '"+permission+"'}\n")
		for role, want := range want {
			s, err := w.Admit(t.Context(), w.api.Login("ann", role), roomkey.MustParse("record:r"))
			if err != nil || s.Admin != want {
				t.Errorf("%s, permission %q: %v, %v", role, permission, s.Admin, err)
			}
			identity, err := auth.Policy{}.Identity(s, roomkey.MustParse("record:r"))
			if err != nil || identity.Admin != want {
				t.Errorf("%s in a room: %v, %v", role, identity.Admin, err)
			}
		}
	}
}

// TestNoToken shows that a client without a token is refused, though the configuration has a token.
func TestNoToken(t *testing.T) {
	w := newSite(t, quick)
	w.rules.Load().own = w.api.Login("service", "admin")
	if code, reason := refused(second(w.Admit(t.Context(), "", roomkey.MustParse("record:r")))); code != engine.CloseAuthFailed || reason != "token missing" {
		t.Errorf("%d %q", code, reason)
	}
	if code, _ := refused(second(w.Admit(t.Context(), w.rules.Load().own, roomkey.MustParse("device:r")))); code != engine.CloseRoomNotFound {
		t.Errorf("not a record: %d", code)
	}
}

func second[T any](_ T, err error) error { return err }

// TestSessionWhileRecordIsUnavailable shows that a client in a room keeps its session while the
// record cannot be loaded.
func TestSessionWhileRecordIsUnavailable(t *testing.T) {
	w := newSite(t, quick)
	token := w.api.Login("ann", "clerk")
	w.api.SetRole("ann", "public")
	w.api.Fail(standin.Fault{Route: standin.GetRecord, Status: 500})
	s, err := w.Admit(t.Context(), token, roomkey.MustParse("record:r"))
	if code, _ := refused(err); code != engine.CloseUnavailable || s.ID != "1" || !s.ReadOnly || s.Checked.IsZero() || s.Text != nil {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestOutageIsLogged shows that the begin and the end of an outage of CivicPress are logged once
// each.
func TestOutageIsLogged(t *testing.T) {
	w := newSite(t, quick)
	var tokens []string
	for range 3 {
		token := w.api.Login("ann", "clerk") // not in any cache yet
		tokens = append(tokens, token)
		w.api.Fail(standin.Fault{Status: 500})
		for range 3 {
			_, _ = w.Admit(t.Context(), token, roomkey.MustParse("record:r"))
		}
		w.api.ClearFaults()
		for good := 0; good < 3; { // the failure is cached for some milliseconds
			if _, err := w.Admit(t.Context(), token, roomkey.MustParse("record:r")); err == nil {
				good++
			}
		}
	}
	for _, line := range []string{"CivicPress does not answer", "CivicPress answers again"} {
		if n := strings.Count(w.log.String(), line); n != 3 {
			t.Errorf("%d times %q:\n%s", n, line, &w.log)
		}
	}
	for _, token := range tokens {
		if strings.Contains(w.log.String(), token) {
			t.Error("the log has the token")
		}
	}
}

// TestJWTBesideCivicPress shows how tokens of each kind, valid or not, are treated if both sessions
// of CivicPress and JWT are configured.
func TestJWTBesideCivicPress(t *testing.T) {
	w := newSite(t, strings.Replace(quick, "{", "{token: soon, ", 1)+"  auth: {jwt: {secret: "+testSecret+"}}\n")
	own := w.api.Login("service", "clerk")
	sign := func(grants auth.Grants) string {
		s := auth.Session{Identity: engine.Identity{ID: "u9", Name: "Zoe"}, Grants: grants}
		token, err := auth.JWTConfig{}.Sign([]byte(testSecret), s, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for _, test := range []struct {
		name   string
		own    string
		grants auth.Grants
		id     string
		text   string           // empty: none
		code   engine.CloseCode // 0: admitted
	}{
		{"editor", own, nil, "r", "new", 0},
		{"viewer", own, auth.Grants{"r": "view"}, "r", "", 0},
		{"other records", own, auth.Grants{"s": "edit"}, "r", "", 0}, // refused later, by the transport
		{"no such record", own, nil, "s", "", engine.CloseRoomNotFound},
		{"configured token is dead", w.api.Sign("dead"), nil, "r", "", engine.CloseInternal},
	} {
		w.rules.Load().own = test.own
		s, err := w.Admit(t.Context(), sign(test.grants), roomkey.MustParse("record:"+test.id))
		if code, _ := refused(err); code != test.code && (test.code != engine.CloseInternal || err == nil) {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if err == nil && (s.ID != "u9" || s.Credential != "" || !s.Checked.IsZero() || (s.Text != nil) != (test.text != "")) {
			t.Errorf("%s: %+v", test.name, s)
		}
		if s.Text != nil && (s.Text.Markdown != test.text || !s.Text.ShowsDrafts) {
			t.Errorf("%s: %+v", test.name, s.Text)
		}
	}
	if s, err := w.Admit(t.Context(), w.api.Login("ann", "clerk"), roomkey.MustParse("record:r")); err != nil || s.Name != "The ann" {
		t.Errorf("%+v, %v", s, err)
	}
	if code, reason := refused(second(w.Admit(t.Context(), "x.y.z", roomkey.MustParse("record:r")))); code != engine.CloseAuthFailed || reason != "token malformed" {
		t.Errorf("%d %q", code, reason)
	}
	if code, reason := refused(second(newSite(t, quick).Admit(t.Context(), sign(nil), roomkey.MustParse("record:r")))); code != engine.CloseAuthFailed || reason != "session expired or unknown" {
		t.Errorf("without JWT: %d %q", code, reason)
	}
}

// TestInvalidate shows that CivicPress is asked about a token again after Invalidate.
func TestInvalidate(t *testing.T) {
	w := newSite(t, quick)
	token := w.api.Login("ann", "clerk")
	if _, err := w.Admit(context.Background(), token, roomkey.MustParse("record:r")); err != nil {
		t.Fatal(err)
	}
	w.api.Revoke(token)
	var d auth.Invalidator = w.authority
	d.Invalidate(token)
	if code, _ := refused(second(w.Admit(context.Background(), token, roomkey.MustParse("record:internal")))); code != engine.CloseAuthFailed {
		t.Errorf("code %d", code)
	}
}
