package console

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestNoToken shows that without a token, or with a made-up one or cookie, every route of the admin
// API and the playground refuse, that the files of the console say nothing of the server, and that
// every page asks for the token.
func TestNoToken(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	joined(t, s, "ann", "charter", 3)
	for _, route := range s.routes() {
		method, path, _ := strings.Cut(route, " ")
		for _, headers := range [][]string{
			nil, {"Cookie", s.cookieName() + "=" + strings.Repeat("a", 43)}, {"Cookie", s.cookieName() + "=" + s.token()},
			{"Authorization", "Bearer " + strings.Repeat("a", 43)},
		} {
			status, text := s.request(method, path, "", append(headers, "Origin", "http://"+s.admin)...)
			if status != http.StatusUnauthorized && status != http.StatusTooManyRequests {
				t.Errorf("%s with %s: %d %.200s", route, headers, status, text)
			}
		}
	}
	if r := s.room("charter"); r.Locked || r.Peers != 1 {
		t.Errorf("the room is %+v", r)
	}
	p := newPage(t, nil)
	for _, at := range []string{"", "rooms", "rooms/record%3Acharter", "connections", "events", "nodes", "configuration", "webhooks"} {
		p.goes("about:blank")
		p.goes(s.console(at))
		p.mustAskForToken()
		if html := p.html(); strings.Contains(html, s.addr) || strings.Contains(html, s.dir) {
			t.Errorf("%q: the sign-in tells of the server: %s", at, html)
		}
	}
	for _, r := range p.requests() {
		if strings.Contains(r, "/v1/") {
			t.Errorf("without a session the page requests %s", r)
		}
	}
}

// routes returns every route of the admin API that needs a token, with values for the parameters
// in its path, and those of the playground.
func (s *server) routes() (list []string) {
	s.t.Helper()
	var api struct {
		Paths map[string]map[string]json.RawMessage
	}
	s.ask("GET", "/openapi.json", "", &api)
	values := strings.NewReplacer("{room}", "record:charter", "{version}", "current", "{connection}", "1", "{user}", "ann", "{name}", "heap")
	for path, methods := range api.Paths {
		for method := range methods {
			if method != "parameters" && strings.HasPrefix(path, "/v1/") {
				list = append(list, strings.ToUpper(method)+" "+values.Replace(path))
			}
		}
	}
	if len(list) < 40 {
		s.t.Fatalf("%d routes are too few", len(list))
	}
	return append(list, "GET /metrics", "GET /version", "GET /openapi.json", "GET /console/playground/", "GET /console/playground/bundle.js")
}

// TestStolenLink shows that the address of a page, opened by somebody else, asks for a token, and
// that no address, referrer or storage of the console has the token or the session.
func TestStolenLink(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	joined(t, s, "ann", "charter", 3)
	p := signedIn(t, s, nil)
	var addresses []string
	for _, name := range []string{"Rooms", "Connections", "Events", "Configuration", "Overview"} {
		p.opens(name)
		url, _ := p.address()
		addresses = append(addresses, url)
	}
	p.opensRoom(s, "charter")
	url, _ := p.address()
	addresses = append(addresses, url)
	var stored string
	p.evaluates("JSON.stringify([localStorage, sessionStorage, document.cookie, document.referrer, history.state])", &stored)
	kept := strings.Join(append(append(addresses, p.requests()...), stored), "\n")
	session := sessionOf(p.cookie(s))
	for _, secret := range []string{s.token(), session} {
		if strings.Contains(kept, secret) {
			t.Errorf("a secret is in %s", kept)
		}
	}
	thief := newPage(t, nil)
	for _, url := range addresses {
		thief.goes("about:blank")
		thief.goes(url)
		thief.mustAskForToken()
	}
}

// foreignPages are what pages of other origins try, with the cookie in the browser. %s is the
// server's address. Each sets done at the end.
var foreignPages = map[string]string{
	"/form": `<form id=f method=post target=into action="%s/v1/rooms/record%%3Acharter/lock"><input name=x value=y></form>
<iframe name=into id=frame></iframe><script>frame.onload = () => { done = true }; f.submit()</script>`,
	"/form-text": `<form id=f method=post target=into enctype=text/plain action="%s/v1/notice"><input name='{"text":"' value='hacked"}'></form>
<iframe name=into id=frame></iframe><script>frame.onload = () => { done = true }; f.submit()</script>`,
	"/fetch": `<script type=module>
const at = '%s', tries = []
for (const [method, path] of [['POST', '/v1/rooms/record%%3Acharter/lock'], ['POST', '/v1/drain'], ['POST', '/v1/notice'],
  ['DELETE', '/v1/rooms/record%%3Acharter'], ['POST', '/v1/reload'], ['POST', '/console/session'], ['DELETE', '/console/session']]) {
  for (const mode of ['no-cors', 'cors']) for (const type of ['text/plain', 'application/json', undefined]) {
    tries.push(fetch(at + path, { method, mode, credentials: 'include', ...type && { headers: { 'content-type': type } }, body: '{"text":"hacked"}' }))
  }
}
for (const path of ['/v1/status', '/v1/rooms', '/v1/config', '/console/session']) {
  tries.push(fetch(at + path, { credentials: 'include' }).then(r => r.text()).then(text => { read = text }))
}
window.read = ''
await Promise.allSettled(tries)
window.done = true
</script>`,
	"/streams": `<script type=module>
const at = '%s'
window.read = ''
const events = new EventSource(at + '/v1/events', { withCredentials: true })
events.onopen = () => { read += 'events are open' }
const socket = new WebSocket(at.replace('http', 'ws') + '/console/playground/realtime/records/demo')
socket.onopen = () => { read += 'the playground is open' }
await Promise.all([new Promise(end => { events.onerror = end }), new Promise(end => { socket.onerror = socket.onclose = end })])
window.done = true
</script>`,
	"/frame": `<iframe id=f src="%s/console/"></iframe><script>f.onload = () => { done = true }</script>`,
	"/open": `<script>const it = window.open('%s/console/', 'it'); window.read = ''
const look = setInterval(() => { try { if (it.closed) { clearInterval(look); done = true } else read += it.document.title } catch {} }, 20)</script>`,
	"/script": `<script src="%[1]s/console/main.js" type=module onload="read = 'script'; done = true" onerror="done = true"></script><script>read = ''</script>`,
}

// foreignSite serves these pages, at an address of its own.
func foreignSite(t *testing.T, s *server, network string) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for path, body := range foreignPages {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, "<!doctype html><title>foreign</title><body>"+body, "http://"+s.admin)
		})
	}
	l, err := net.Listen("tcp", network)
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewUnstartedServer(mux)
	site.Listener = l
	site.Start()
	t.Cleanup(site.Close)
	return site
}

// TestCrossSite shows that pages of another site, and of another port of the same host, whose
// requests have the cookie, change nothing, read nothing, frame nothing and reach no socket.
func TestCrossSite(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	ann := joined(t, s, "ann", "charter", "json")
	p := signedIn(t, s, nil)
	port := foreignSite(t, s, "127.0.0.1:0")
	_, number, _ := net.SplitHostPort(port.Listener.Addr().String())
	for _, origin := range []string{port.URL, "http://localhost:" + number} {
		for path := range foreignPages {
			foreign := p.beside()
			foreign.excuses("answer: ", "Failed to load resource", "CORS", "request: ", "frame", "WebSocket", "Cross-Origin", "EventSource")
			foreign.goes(origin + path)
			foreign.waits("window.done === true")
			var read string
			foreign.evaluates("window.read ?? ''", &read)
			if read != "" {
				t.Errorf("%s%s has read %s", origin, path, read)
			}
			var frames []string
			foreign.do("frames", nil, &frames)
			for _, frame := range frames {
				if strings.Contains(frame, s.admin+"/console") {
					t.Errorf("%s%s has the console in a frame", origin, path)
				}
			}
			if r := s.room("charter"); r.Locked || r.Peers != 1 {
				t.Fatalf("%s%s: the room is %+v", origin, path, r)
			}
		}
	}
	if st := ann.status(); len(st.Notices) > 0 || len(st.Closes) > 0 {
		t.Errorf("ann has %+v", st)
	}
	p.do("reload", nil, nil)
	p.opensRoom(s, "charter")
}

// TestHeaders shows the content security policy of the console, which has no exception, and the
// headers that keep it from frames, from other windows, and its addresses from other servers.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	for _, path := range []string{"/console/", "/console/main.js", "/console/session"} {
		header := s.headers(path)
		csp := header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(csp, part) && path != "/console/session" {
				t.Errorf("%s: the policy lacks %s: %s", path, part, csp)
			}
		}
		for _, loose := range []string{"unsafe", "*", "data:", "blob:", "http:", "https:"} {
			if strings.Contains(csp, loose) {
				t.Errorf("%s: the policy has %s: %s", path, loose, csp)
			}
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", path, header)
		}
		if path == "/console/" && (header.Get("Referrer-Policy") != "no-referrer" || header.Get("Cross-Origin-Opener-Policy") != "same-origin") {
			t.Errorf("%s: %v", path, header)
		}
	}
}

// headers returns the headers of an answer.
func (s *server) headers(path string) http.Header {
	s.t.Helper()
	resp, err := http.Get("http://" + s.admin + path)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		s.t.Errorf("%s: %s", path, resp.Status)
	}
	return resp.Header
}
