package admin

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestAuditedCalls shows which requests the audit trail is told about, and what: calls below /v1
// and refused requests, with neither token nor query nor body.
func TestAuditedCalls(t *testing.T) {
	calls := make(chan Call, 10)
	w := newWorld(t, func(c *Config) { c.Audit = func(call Call) { calls <- call } })
	const secret = "SECRET-IN-REQUEST"
	for _, test := range []struct {
		method, path, body string
		headers            []string
		want               string // by, method, route, room, user, status and whether it was refused; empty: nothing
	}{
		{"GET", "/v1/status", "", nil, "admin GET /v1/status   200 false"},
		{"GET", "/v1/rooms?limit=3&" + secret, "", nil, "admin GET /v1/rooms   422 false"},
		{"POST", "/v1/rooms/record:a/lock", "", []string{NameHeader, "Ann"}, "Ann POST /v1/rooms/{room}/lock record:a  200 false"},
		{"POST", "/v1/notice", `{"message":"` + secret + `"}`, nil, "admin POST /v1/notice   422 false"},
		{"DELETE", "/v1/bans/u9", "", nil, "admin DELETE /v1/bans/{user}  u9 404 false"},
		{"POST", "/v1/rooms/record:a/lock", "", []string{"Authorization", "Bearer " + secret}, "admin POST    401 true"},
		{"GET", "/v1/" + secret, "", nil, "admin GET    404 true"},
		{"GET", "/v1/status", "", []string{"Host", "evil.example"}, "admin GET    421 true"},
		{"GET", "/v1/status", "", []string{NameHeader, "user:u1"}, "admin GET /v1/status   200 false"},
		{"GET", "/healthz", "", nil, ""},
		{"GET", "/metrics", "", nil, ""},
	} {
		w.send(test.method, test.path, test.body, test.headers...)
		if test.want == "" {
			continue // a call would be found with the next request
		}
		select {
		case c := <-calls:
			got := fmt.Sprint(c.By, " ", c.Method, " ", c.Route, " ", c.Room, " ", c.User, " ", c.Status, " ", c.Refused)
			if got != test.want || !strings.HasPrefix(c.Remote, "127.0.0.1:") || strings.Contains(fmt.Sprintf("%+v", c), secret) {
				t.Errorf("%s %s: %s, want %s; %+v", test.method, test.path, got, test.want, c)
			}
		case <-time.After(patience):
			t.Errorf("%s %s: nothing", test.method, test.path)
		}
	}
	if err := w.stop(); err != nil || len(calls) > 0 {
		t.Errorf("%v; %d calls too many", err, len(calls))
	}
}

// TestBansFromRooms shows that bans from one room are listed with its name.
func TestBansFromRooms(t *testing.T) {
	w := newWorld(t, nil)
	w.must(200, `{"user":"u2","room":"record:a","until":"2026-01-02T04:04:05Z","reason":"","by":"user:u1"`, "GET", "/v1/bans", "")
}
