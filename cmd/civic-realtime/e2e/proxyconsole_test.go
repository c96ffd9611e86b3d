package e2e

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// operators is the network of operators in the examples, and the one that stands for it.
var operators = []string{"10.0.0.0/8", "127.0.0.1/32"}

// consoleProxies are those with the console behind them. Their files name no CivicPress, whose
// address adaptNginx and adaptCaddy replace.
var consoleProxies = []proxy{
	{"nginx", "nginx-console.conf", proxies[0].command, func(t *testing.T, p *proxied, text string) string {
		return adaptNginx(t, p, text+"# 127.0.0.1:3000\n")
	}},
	{"caddy", "Caddyfile-console", proxies[1].command, func(t *testing.T, p *proxied, text string) string {
		text = replaceAll(t, text, "admin.town.example {", "town.example {")
		return adaptCaddy(t, p, "\n{\n}\n"+text+"# 127.0.0.1:3000\n")
	}},
}

// operatorPage is a browser of an operator.
type operatorPage struct {
	t    *testing.T
	url  string // of the proxy
	http http.Client
}

// newOperatorPage returns a browser at an address of this machine.
func newOperatorPage(p *proxied, from net.IP) *operatorPage {
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}
	transport := &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{RootCAs: testCA.pool, ServerName: "localhost"},
	}
	p.t.Cleanup(transport.CloseIdleConnections)
	_, port, _ := net.SplitHostPort(p.secure)
	return &operatorPage{p.t, "https://localhost:" + port, http.Client{Timeout: patience, Transport: transport, Jar: jar}}
}

// send sends a request as a page at an origin does.
func (o *operatorPage) send(method, path, body, origin string) *http.Response {
	o.t.Helper()
	r, err := http.NewRequest(method, o.url+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := o.http.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// must sends a request of the console's page, which must be answered with a status.
func (o *operatorPage) must(status int, method, path, body string) *http.Response {
	o.t.Helper()
	resp := o.send(method, path, body, o.url)
	if resp.StatusCode != status {
		text, _ := io.ReadAll(resp.Body)
		o.t.Fatalf("%s %s: %s %s, want %d", method, path, resp.Status, text, status)
	}
	return resp
}

// TestConsoleBehindProxies shows for each file in docs/operations, with the real program, that an
// operator signs in to the console through it, over TLS with a cookie for TLS only, acts, and is
// sent events as they come, until the session ends; and that nobody else gets in.
func TestConsoleBehindProxies(t *testing.T) {
	for _, by := range consoleProxies {
		t.Run(by.name, func(t *testing.T) {
			t.Parallel()
			s := startTrusting(t, filepath.Join(t.TempDir(), "secret"), "")
			var place struct{ URL string }
			text, err := os.ReadFile(filepath.Join(s.dir, "admin.json"))
			if err != nil || json.Unmarshal(text, &place) != nil {
				t.Fatal(err)
			}
			token, err := os.ReadFile(filepath.Join(s.dir, "admin.token"))
			if err != nil {
				t.Fatal(err)
			}
			p := &proxied{server: s, upstreams: append([]string{"127.0.0.1:3002", strings.TrimPrefix(place.URL, "http://")}, operators...)}
			p.start(by)

			o := newOperatorPage(p, net.IPv4(127, 0, 0, 1))
			if at := o.must(200, "GET", "/", "").Request.URL.Path; at != "/console/" {
				t.Errorf("/ leads to %s", at)
			}
			o.must(401, "GET", "/v1/status", "")
			set := o.must(200, "POST", "/console/session", fmt.Sprintf(`{"token":%q,"name":"Ann"}`, strings.TrimSpace(string(token)))).Header.Get("Set-Cookie")
			if !strings.HasPrefix(set, "__Host-civic_realtime_console") || !strings.Contains(set, "; Secure; SameSite=Strict") {
				t.Errorf("the cookie: %s", set)
			}
			stream := o.must(200, "GET", "/v1/events?kinds=noticed", "")
			begun := make([]byte, len(": connected\n\n"))
			if _, err := io.ReadFull(stream.Body, begun); err != nil {
				t.Fatal(err)
			}
			if resp := o.send("POST", "/v1/notice", `{"text":"x"}`, "http"+strings.TrimPrefix(o.url, "https")); resp.StatusCode != 403 {
				t.Errorf("a page without TLS: %s", resp.Status)
			}
			o.must(200, "POST", "/v1/notice", `{"text":"soon"}`)
			event := make([]byte, len("event: noticed\n"))
			if _, err := io.ReadFull(stream.Body, event); err != nil || string(event) != "event: noticed\n" {
				t.Errorf("%q, %v", event, err)
			}
			o.must(204, "DELETE", "/console/session", "")
			if _, err := io.ReadAll(stream.Body); err != nil {
				t.Errorf("the stream: %v", err)
			}
			at, _ := url.Parse(o.url)
			if left := o.http.Jar.Cookies(at); len(left) > 0 {
				t.Errorf("the browser keeps %v", left)
			}
			newOperatorPage(p, net.IPv4(127, 0, 0, 2)).must(403, "GET", "/console/", "")
		})
	}
}
