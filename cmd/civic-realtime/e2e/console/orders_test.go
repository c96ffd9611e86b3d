package console

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// TestOrders shows the orders to the whole server: each asks first, does nothing when it is
// cancelled, and says what it has done; and the server and its clients say the same.
func TestOrders(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	ann := joined(t, s, "ann", "charter", "provider-json")
	p := signedIn(t, s, nil)
	p.confirms(button("Send a notice to everybody"), "Send a notice to everybody", [][2]string{{"Text", "Back at noon"}}, "The notice was sent to 1 client.")
	ann.wait(args{"notice": "Back at noon"})

	p.confirms(button("Reload the configuration"), "Reload the configuration", nil, "Nothing has changed.")
	s.configure("  snapshots: {versions: 7}\n")
	p.confirms(button("Reload the configuration"), "Reload the configuration", nil, "1 key has changed")
	s.configure("  nonsense: 1\n")
	p.excuses("409")
	p.clicks(button("Reload the configuration"))
	p.clicks(inside(modal, button("Reload the configuration")))
	p.sees(inside(modal, partly(byText("nonsense"))))
	p.presses("Escape")
	p.misses(modal)

	p.excuses("ERR_", "EventSource")
	p.confirms(button("Drain"), "Drain", nil, "The server is draining, and will end.")
	s.ends()
	if !strings.Contains(s.log.String(), operator) {
		t.Error("the log does not say who drained the server")
	}
}

// configure writes a configuration with further lines. The server has to load it.
func (s *server) configure(more string) {
	s.t.Helper()
	text := "realtime:\n" + limits + "  auth: {jwt: {secret: " + userSecret + "}}\n" + more
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// TestConnections shows the list of connections, that one is closed and may come back, and that a
// user is banned, kept out, and let in again.
func TestConnections(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	ann, bob := joined(t, s, "ann", "charter", 3), joined(t, s, "bob", "charter", "provider-json")
	p := signedIn(t, s, nil)
	p.opens("Connections")
	row := func(user string) place {
		return place{"css": `section[aria-label="Connections"] tr:has-text("` + user + `")`}
	}
	p.sees(row("ann"))
	p.sees(row("bob"))
	for user, protocol := range map[string]string{"ann": "y-websocket", "bob": "JSON"} {
		if text := p.textOf(row(user)); !strings.Contains(strings.ToLower(text), strings.ToLower(protocol)) || !strings.Contains(text, "charter") {
			t.Errorf("%s is listed as %q", user, text)
		}
	}
	p.confirms(inside(row("ann"), partly(button("Close connection"))), "Close", nil, "The connection of ann was closed.")
	ann.wait(args{"closes": 1, "connects": 2, "synced": true})

	ban := inside(row("bob"), button("Ban bob"))
	p.confirms(ban, "Ban", [][2]string{{"Reason", "spam"}}, "bob is banned")
	bob.wait(args{"closes": 1})
	if closes := bob.status().Closes; !strings.Contains(closes[0].Reason, "spam") {
		t.Errorf("bob was closed with %+v", closes)
	}
	var bans struct {
		Bans []struct{ User, Reason, By string }
	}
	s.ask("GET", "/v1/bans", "", &bans)
	if len(bans.Bans) != 1 || bans.Bans[0].User != "bob" || bans.Bans[0].By != operator {
		t.Errorf("the bans are %+v", bans)
	}
	p.confirms(button("Lift the ban of bob"), "Lift the ban", nil, "bob may connect again.")
	joined(t, s, "bob", "charter", 3)
	p.sees(row("bob"))
}

// TestWebhooks shows an endpoint of webhooks that is off as it has answered with 410, that it is
// turned on again, and that its messages, which are parked, are sent again or dropped.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	var gone atomic.Bool
	var got atomic.Int64
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if gone.Load() {
			w.WriteHeader(http.StatusGone)
			return
		}
		got.Add(1)
	}))
	t.Cleanup(endpoint.Close)
	s := start(t, "  webhooks: [{name: town, url: '"+endpoint.URL+"', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, allow_private: true}]\n")
	p := signedIn(t, s, nil)
	p.opens("Webhooks")
	test := func() {
		p.clicks(button("Test: town"))
		p.says("A test event is on its way to town.")
	}
	test()
	until(t, "a message arrives", func() bool { return got.Load() == 1 })
	gone.Store(true)
	test()
	p.sees(button("Retry: town"))
	gone.Store(false)
	p.confirms(button("Enable: town"), "Enable", nil, "town is sent events again.")
	p.misses(button("Enable: town"))
	p.confirms(button("Retry: town"), "Retry", nil, "1 message is sent again.")
	until(t, "the message arrives", func() bool { return got.Load() == 2 })
	p.misses(button("Retry: town"))

	gone.Store(true)
	test()
	p.confirms(button("Drop: town"), "Drop", nil, "1 message was dropped.")
	p.misses(button("Drop: town"))
	if n := got.Load(); n != 2 {
		t.Errorf("%d messages have come", n)
	}
}

// TestConfiguration shows that every key has its value and where it is from, that the search finds
// keys, and that no secret is on the page or in any answer.
func TestConfiguration(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	p := signedIn(t, s, nil)
	p.do("keepBodies", nil, nil)
	p.opens("Configuration")
	row := func(key string) place { return place{"css": `.key:has(.key-name:text-is("` + key + `"))`} }
	p.sees(row("auth.jwt.secret"))
	for key, want := range map[string][]string{
		"rate_limiting.connections_per_ip": {"10000", "realtime.yml", "default: 100"},
		"auth.jwt.secret":                  {"set, not shown"},
		"admin.listen":                     {"127.0.0.1:0"},
	} {
		text := p.textOf(row(key))
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("%s is shown as %q, without %s", key, text, part)
			}
		}
	}
	p.fills(byLabel("Search the configuration"), "connections_per_ip")
	p.misses(row("auth.jwt.secret"))
	p.sees(row("rate_limiting.connections_per_ip"))
	for _, name := range []string{"Overview", "Rooms", "Connections", "Events", "Webhooks", "Configuration"} {
		p.opens(name)
		p.settles()
		if strings.Contains(p.html(), userSecret) || strings.Contains(p.html(), s.token()) {
			t.Errorf("%s has a secret", name)
		}
	}
	var bodies []string
	p.do("bodies", nil, &bodies)
	if len(bodies) < 5 {
		t.Fatalf("%d answers are too few", len(bodies))
	}
	for _, body := range bodies {
		if strings.Contains(body, userSecret) || strings.Contains(body, s.token()) {
			t.Errorf("an answer has a secret: %.300s", body)
		}
	}
}

// TestLogLevels shows that the level of an area of the log is changed, and only that one.
func TestLogLevels(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	p := signedIn(t, s, nil)
	p.opens("Configuration")
	p.do("choose", with(byLabel("auth"), "option", "debug"), nil)
	p.writes()
	p.clicks(button("Set the levels"))
	p.says("The levels of the log are set.")
	if list := p.writes(); len(list) != 1 {
		t.Errorf("the page has sent %s", list)
	}
	var levels struct{ Areas map[string]string }
	s.ask("GET", "/v1/log-level", "", &levels)
	for area, level := range levels.Areas {
		if want := map[bool]string{true: "debug", false: "info"}[area == "auth"]; level != want {
			t.Errorf("the level of %s is %s", area, level)
		}
	}
}
