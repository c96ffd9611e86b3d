package e2e

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/codec/websocket/rawframe"
)

// proxy is a program in front of the server, as docs/operations has it.
type proxy struct {
	name    string
	file    string // in docs/operations
	command func(file, dir string) []string
	// adapt returns the file with the addresses and certificate of the test.
	adapt func(t *testing.T, p *proxied, text string) string
}

// proxied is a server behind a proxy that runs.
type proxied struct {
	*server
	plain, secure string            // addresses of the proxy, without and with TLS
	civicpress    string            // address of what stands for CivicPress
	dir           string            // for files of the proxy
	token         string            // that the server accepts
	output        *processes.Output // of the proxy
	heads         *relay            // between the proxy and the server
	upstreams     []string          // addresses of servers in the file, each with the one that it stands for
}

var proxies = []proxy{
	{"nginx", "nginx.conf", func(file, dir string) []string {
		return []string{"nginx", "-p", dir, "-c", file, "-g", "daemon off; pid " + dir + "/pid;"}
	}, adaptNginx},
	{"caddy", "Caddyfile", func(file, dir string) []string {
		return []string{"caddy", "run", "--config", file, "--adapter", "caddyfile"}
	}, adaptCaddy},
}

// replaceAll replaces parts of a text, all of which must be there.
func replaceAll(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the example has no %q", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

func adaptNginx(t *testing.T, p *proxied, text string) string {
	certificate, key := issue(t)
	text = replaceAll(t, text,
		"/etc/ssl/town.example/fullchain.pem", certificate, "/etc/ssl/town.example/privkey.pem", key,
		"listen 80;", "listen "+p.plain+";", "listen 443 ssl;", "listen "+p.secure+" ssl;",
		"https://$host$request_uri", "https://"+p.secure+"$request_uri",
		"town.example", "localhost", "/var/log/nginx", p.dir,
		"127.0.0.1:3000", p.civicpress, "worker_processes auto;", "worker_processes 1;",
		"worker_connections 32768;", "worker_connections 512;", "worker_rlimit_nofile 65536;", "worker_rlimit_nofile 1024;")
	temporary := "http {\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temporary += fmt.Sprintf("%s_temp_path %s/%s;\n", kind, p.dir, kind)
	}
	if os.Getuid() != 0 {
		text = replaceAll(t, text, "user www-data;\n", "")
	}
	return replaceAll(t, replaceAll(t, text, "http {\n", temporary), p.upstreams...)
}

func adaptCaddy(t *testing.T, p *proxied, text string) string {
	certificate, key := issue(t)
	_, plain, _ := net.SplitHostPort(p.plain)
	_, secure, _ := net.SplitHostPort(p.secure)
	options := fmt.Sprintf("\n{\n\tadmin off\n\thttp_port %s\n\thttps_port %s\n\tdefault_bind 127.0.0.1\n\tskip_install_trust\n\tstorage file_system %s\n", plain, secure, p.dir)
	text = replaceAll(t, text, "\n{\n", options, "town.example {", "https://localhost {\n\ttls "+certificate+" "+key,
		"town.example", "localhost", "127.0.0.1:3000", p.civicpress)
	return replaceAll(t, text, p.upstreams...)
}

// startBehind starts a server, something that stands for CivicPress, and a proxy with the example's
// file in front of both.
func startBehind(t *testing.T, by proxy) *proxied {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	s := startTrusting(t, secret, "")
	heads := startRelay(t, s.addr)
	p := &proxied{server: s, token: token(t, secret, "--user", "ann"), heads: heads,
		upstreams: []string{"127.0.0.1:3001", heads.addr}}
	p.start(by)
	return p
}

// startTrusting starts a server that trusts proxies on this machine, with further keys, and with a
// secret in a file, which is made if it is missing.
func startTrusting(t *testing.T, secret, keys string) *server {
	t.Helper()
	config := filepath.Join(t.TempDir(), "realtime.yml")
	for name, text := range map[string]string{
		config: "realtime: {trusted_proxies: [127.0.0.1]" + keys + "}\n", secret: strings.Repeat("s", 32),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return startWith(t, freeAddr(t), newDataDir(t), "--config", config, "--jwt-secret-file", secret)
}

// start starts what stands for CivicPress, and the proxy with the example's file.
func (p *proxied) start(by proxy) {
	t := p.t
	t.Helper()
	text, err := os.ReadFile("../../../docs/operations/" + by.file)
	if err != nil {
		t.Fatal(err)
	}
	civicpress := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "CivicPress at %s, X-Forwarded-Proto %s", r.URL.Path, r.Header.Get("X-Forwarded-Proto"))
	}))
	t.Cleanup(civicpress.Close)
	p.plain, p.secure, p.civicpress = freeAddr(t), freeAddr(t), civicpress.Listener.Addr().String()
	p.dir, p.output = t.TempDir(), processes.Watch("")
	file := filepath.Join(p.dir, by.file)
	if err := os.WriteFile(file, []byte(by.adapt(t, p, string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
	p.run(by.command(file, p.dir))
}

// run runs the proxy until the test ends, and waits until it listens.
func (p *proxied) run(command []string) {
	t := p.t
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Fatalf("%s is missing: make test installs it where it may (apt-get install --no-install-recommends %s)", command[0], command[0])
	}
	cmd, log, ended := exec.Command(command[0], command[1:]...), p.output, make(chan struct{})
	cmd.Env = append(os.Environ(), "HOME="+p.dir, "XDG_CONFIG_HOME="+p.dir, "XDG_DATA_HOME="+p.dir)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // both end their other processes then
		select {
		case <-ended:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
		}
		if t.Failed() {
			t.Logf("output of %s:\n%s", command[0], log.Tail(50))
		}
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(pollInterval) {
		conn, err := net.Dial("tcp", p.secure)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended: %s", command[0], log)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %v", command[0], err)
		}
	}
}

// get returns the status and the body of a page of the proxy, asked for from a client's address.
func (p *proxied) get(url string) (status int, location, body string) {
	p.t.Helper()
	client := http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: testCA.pool, ServerName: "localhost"}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	resp, err := client.Get(url)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Location"), string(b)
}

// dial connects to a record through the proxy with TLS, from another address of this machine than
// the proxy's own.
func (p *proxied) dial(path string) *rawConn {
	t := p.t
	t.Helper()
	dialer := &tls.Dialer{
		NetDialer: &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}},
		Config:    &tls.Config{RootCAs: testCA.pool, ServerName: "localhost", NextProtos: []string{"http/1.1"}},
	}
	conn, err := dialer.Dial("tcp", p.secure)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path)
	c := &rawConn{conn, bufio.NewReader(conn)}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%s: %v, %v", path, resp, err)
	}
	return c
}

// relay passes connections on, and keeps the first bytes that came on each.
type relay struct {
	addr string

	mu    sync.Mutex
	heads []string
}

func startRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	r := &relay{addr: l.Addr().String()}
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go r.pass(from, to)
		}
	}()
	return r
}

// pass ends the connection from the proxy when the server cannot be reached, or has ended its own.
func (r *relay) pass(from net.Conn, to string) {
	defer from.Close()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	buf := make([]byte, 4096)
	n, _ := from.Read(buf)
	r.mu.Lock()
	r.heads = append(r.heads, string(buf[:n]))
	r.mu.Unlock()
	if _, err := server.Write(buf[:n]); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(server, from)
		server.Close()
	}()
	_, _ = io.Copy(from, server)
}

// first returns the first bytes that came on the first connection.
func (r *relay) first() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.heads[0]
}

// silence is longer than the minute after which proxies close idle connections by default.
const silence = 65 * time.Second

// staySilent sends nothing but answers to pings for a while, and returns how many there were.
func (c *rawConn) staySilent(t *testing.T, d time.Duration) (pings int) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(d))
	for {
		head, payload, err := c.readFrame()
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			return pings
		}
		if err != nil {
			t.Fatalf("after %d pings: %v", pings, err)
		}
		if rawframe.Opcode(head) == rawframe.Ping {
			pings++
			if _, err := c.Write(frame(fin|rawframe.Pong, payload)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestProxies shows for each proxy file in docs/operations, with the real program, that clients of
// y-websocket write through it over TLS, that the server sees their addresses, that nothing else of
// the server can be reached, that a client that says nothing for a minute stays, and that no log of
// the proxy has a token.
func TestProxies(t *testing.T) {
	for _, by := range proxies {
		t.Run(by.name, func(t *testing.T) {
			t.Parallel()
			p := startBehind(t, by)
			quiet := p.dial("/realtime/records/quiet?token=" + p.token)
			if _, err := quiet.Write(frame(fin|opText, `{"type":"ping"}`)); err != nil {
				t.Fatal(err)
			}
			quiet.mustReceive(t, opText)
			for _, header := range []string{"X-Forwarded-For: 127.0.0.2\r\n", "X-Forwarded-Proto: https\r\n"} {
				if head := p.heads.first(); !strings.Contains(head, header) {
					t.Errorf("the server is not sent %q:\n%s", header, head)
				}
			}

			near, far := newClient(t, "near"), newClient(t, "far")
			params := args{"token": p.token}
			near.openWith(p.server, room, args{"version": 3, "params": params})
			far.openWith(p.server, room, args{"version": 3, "params": params, "url": "wss://localhost:" + port(p.secure) + "/realtime/records"})
			far.do("edit", args{"seed": newSeed(t), "count": 20}, nil)
			converge(t, near, far)
			far.mustBeUndisturbed()

			for _, path := range []string{"/", "/metrics", "/readyz", "/realtime/devices/box-1"} {
				want := "CivicPress at " + path + ", X-Forwarded-Proto https"
				if status, _, body := p.get(p.at(path)); status != http.StatusOK || body != want {
					t.Errorf("%s: %d %s", path, status, body)
				}
			}
			status, location, _ := p.get("http://" + p.plain + "/records")
			if status/100 != 3 || !strings.HasPrefix(location, "https://") {
				t.Errorf("without TLS: %d, to %q", status, location)
			}

			if pings := quiet.staySilent(t, silence); pings == 0 {
				t.Error("there was no ping")
			}
			quiet.SetReadDeadline(time.Now().Add(patience))
			if _, err := quiet.Write(frame(fin|opText, `{"type":"ping"}`)); err != nil {
				t.Fatal(err)
			}
			quiet.mustReceive(t, opText)
			p.terminate() // the proxy logs a WebSocket when it ends, or fails
			quiet.closeCode()
			p.get(p.at("/realtime/records/" + room + "?token=" + p.token))
			p.mustNotShowToken()
		})
	}
}

// at returns the URL of a path at the proxy, with TLS.
func (p *proxied) at(path string) string { return "https://localhost:" + port(p.secure) + path }

// mustNotShowToken checks that no file of the proxy, nor its output, has a part of the token.
func (p *proxied) mustNotShowToken() {
	p.t.Helper()
	part := p.token[:len(p.token)/2]
	if strings.Contains(p.output.String(), part) {
		p.t.Error("the output of the proxy has the token")
	}
	err := filepath.WalkDir(p.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), part) {
			p.t.Errorf("%s has the token", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		p.t.Error(err)
	}
}

func port(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return port
}
