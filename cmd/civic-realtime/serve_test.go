package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
)

var dev = []string{"serve", "--dev", "--listen", "127.0.0.1:0"}

func write(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestConfigurationErrors checks the errors of the command line and the configuration.
func TestConfigurationErrors(t *testing.T) {
	typo := write(t, "typo.yml", "realtime:\n  prot: 3001\n")
	for _, test := range []struct {
		name string
		args []string
		says []string
	}{
		{"no command", nil, []string{"serve"}},
		{"unknown flag", []string{"serve", "--prot", "1"}, []string{"--prot"}},
		{"no way to check tokens", []string{"serve", "--listen", "127.0.0.1:0"}, []string{"civicpress.url", "--civicpress-url", "auth.jwt.secret", "CIVIC_REALTIME_JWT_SECRET", "--jwt-secret-file", "jwks_url", "--jwks-url", "--dev"}},
		{"development mode for all", []string{"serve", "--dev", "--listen", "0.0.0.0:0"}, []string{"loopback", "0.0.0.0"}},
		{"development mode without a host", []string{"serve", "--dev", "--listen", ":0"}, []string{"loopback"}},
		{"development mode or not", []string{"serve", "--dev=maybe"}, []string{`--dev: "maybe" is none of true, yes, 1, false, no, 0`}},
		{"no port", []string{"serve", "--dev", "--listen", "127.0.0.1"}, []string{"--listen", "missing port"}},
		{"port in words", []string{"serve", "--dev", "--listen", "127.0.0.1:abc"}, []string{`--listen: "abc" is not a port, a whole number from 0 to 65535`}},
		{"version in words", []string{"snapshot", "show", "--record", "a", "--version", "abc"}, []string{`--version: "abc" is not a whole number`}},
		{"number in words", []string{"repair", "--aside", "abc"}, []string{`--aside: "abc" is not a whole number`}},
		{"port too large", []string{"serve", "--dev", "--listen", "127.0.0.1:65536"}, []string{"--listen", "65536"}},
		{"no URL of CivicPress", []string{"serve", "--civicpress-url", "localhost:3000"}, []string{"civicpress", "the URL"}},
		{"no such file", []string{"serve", "--dev", "--config", "missing.yml"}, []string{"missing.yml"}},
		{"unknown key", []string{"serve", "--dev", "--config", typo}, []string{"typo.yml", "[2:3]", "prot"}},
		{"durability", []string{"serve", "--dev", "--durability", "maybe"}, []string{"durability", "maybe", "sync, async, off"}},
		{"log level", []string{"serve", "--dev", "--log-level", "loud"}, []string{"--log-level", "loud"}},
		{"log format", []string{"serve", "--dev", "--log-format", "xml"}, []string{"log.format", "xml"}},
		{"no secret file", []string{"serve", "--jwt-secret-file", "missing"}, []string{"secret_file", "missing"}},
	} {
		t.Run(test.name, func(t *testing.T) { start(t, nil, test.args...).mustEnd(2, test.says...) })
	}
}

// TestServe shows that a server starts, answers and stops.
func TestServe(t *testing.T) {
	p := start(t, nil, dev...)
	first, addr := p.listening()
	get := func(path string) int {
		resp, err := http.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode
	}
	for _, path := range []string{"/healthz", "/readyz", "/version", "/metrics"} {
		if code := get(path); code != 200 {
			t.Errorf("%s: %d", path, code)
		}
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	rest, code := p.end()
	dir, err := filepath.EvalSymlinks(filepath.Join(p.cmd.Dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	output := first + rest
	for _, want := range []string{"ws://" + addr + "/realtime/records/", dir, "development"} {
		if !strings.Contains(output, want) {
			t.Errorf("it does not say %q:\n%s", want, output)
		}
	}
	if code != 0 {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
}

// TestJSONLog shows that all output is JSON if that is configured.
func TestJSONLog(t *testing.T) {
	p := start(t, []string{"CIVIC_REALTIME_LOG_FORMAT=json"}, dev...)
	output, addr := p.listening()
	_ = p.cmd.Process.Signal(os.Interrupt)
	p.mustEnd(0)
	for line := range strings.Lines(output + p.stderr.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if url, ok := v["websocket"]; ok && url != "ws://"+addr+"/realtime/records/<recordId>" {
			t.Errorf("%s", url)
		}
	}
}

// TestPortOrDataInUse checks the errors when another server uses the data or the port.
func TestPortOrDataInUse(t *testing.T) {
	first := start(t, nil, dev...)
	_, addr := first.listening()
	dir := filepath.Join(first.cmd.Dir, "data")
	start(t, nil, append(dev, "--data-dir", dir)...).mustEnd(1, "in use", dir, "--takeover")
	start(t, nil, "serve", "--dev", "--listen", addr).mustEnd(1, addr, "in use")
}

// player is a WebSocket client that records its close code, and answers nothing.
type player struct {
	gws.BuiltinEventHandler
	closed chan *gws.CloseError
	hello  chan struct{}
}

func (p player) OnMessage(_ *gws.Conn, m *gws.Message) {
	m.Close()
	select {
	case p.hello <- struct{}{}:
	default:
	}
}

func (p player) OnClose(_ *gws.Conn, err error) {
	reason, _ := err.(*gws.CloseError)
	p.closed <- reason
}

// play connects, and returns when the server has sent something or closed the connection.
func play(t *testing.T, addr, query string, through func(net.Conn) net.Conn) player {
	t.Helper()
	tcp, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tcp.Close() })
	p := player{closed: make(chan *gws.CloseError, 1), hello: make(chan struct{}, 1)}
	socket, _, err := gws.NewClientFromConn(p, &gws.ClientOption{Addr: "ws://" + addr + "/realtime/records/a" + query}, through(tcp))
	if err != nil {
		t.Fatal(err)
	}
	go socket.ReadLoop()
	return p
}

func direct(c net.Conn) net.Conn { return c }

// TestToken shows that tokens are checked, wherever the secret is set.
func TestToken(t *testing.T) {
	const secret = "thirty-two bytes of the greatest secrecy"
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "u1", "exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, "secret", secret+"\n")
	for _, test := range []struct {
		name string
		env  []string
		args []string
	}{
		{"environment", []string{"CIVIC_REALTIME_JWT_SECRET=" + secret}, nil},
		{"file by flag", nil, []string{"--jwt-secret-file", file}},
		{"file by environment", []string{"CIVIC_REALTIME_JWT_SECRET_FILE=" + file}, nil},
		{"configuration", nil, []string{"--config", write(t, "c.yml", "realtime:\n  auth: {jwt: {secret: "+secret+"}}\n")}},
		{"file by configuration", nil, []string{"--config", write(t, "c.yml", "realtime:\n  auth: {jwt: {secret_file: "+file+"}}\n")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start(t, test.env, append([]string{"serve", "--listen", "127.0.0.1:0"}, test.args...)...)
			_, addr := p.listening()
			<-play(t, addr, "?token="+token, direct).hello
			if why := <-play(t, addr, "?token="+token+"x", direct).closed; why == nil || why.Code != 4401 {
				t.Errorf("closed with %v", why)
			}
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
			p.mustEnd(0)
			if strings.Contains(p.stderr.String(), token) {
				t.Errorf("the log has the token: %s", &p.stderr)
			}
		})
	}
}

// TestPublicKeys shows that a server needs only public keys, and reports errors in them.
func TestPublicKeys(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	key := write(t, "public.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	set := write(t, "jwks.json", fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","x":%q}]}`, base64.RawURLEncoding.EncodeToString(public)))
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{"user": "u1", "iss": "town", "exp": time.Now().Add(-time.Minute).Unix()})
	token.Header["kid"] = "k1"
	signed, err := token.SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"public_key_file": key, "jwks_file": set} {
		t.Run(name, func(t *testing.T) {
			c := write(t, "c.yml", fmt.Sprintf("realtime:\n  auth: {jwt: {%s: %s, leeway: 1h, issuer: town, claims: {id: user}}}\n", name, file))
			p := start(t, nil, "serve", "--listen", "127.0.0.1:0", "--config", c)
			_, addr := p.listening()
			<-play(t, addr, "?token="+signed, direct).hello
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
			p.mustEnd(0)

			bad := write(t, "bad.yml", fmt.Sprintf("realtime:\n  auth: {jwt: {%s: %s}}\n", name, c))
			start(t, nil, "serve", "--listen", "127.0.0.1:0", "--config", bad).mustEnd(2, "auth.jwt."+name, c, "not a")
		})
	}
}

// TestDisabled shows that a disabled server reports that, opens no data and needs no secret.
func TestDisabled(t *testing.T) {
	p := start(t, []string{"CIVIC_REALTIME_ADMIN_LISTEN="}, "serve", "--listen", "127.0.0.1:0", "--config", write(t, "off.yml", "realtime:\n  enabled: false\n"))
	output, addr := p.listening()
	if why := <-play(t, addr, "", direct).closed; why == nil || why.Code != 4503 {
		t.Errorf("closed with %v", why)
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	rest, code := p.end()
	if output += rest; code != 0 || !strings.Contains(output, "disabled") || strings.Contains(output, "connect to") || strings.Contains(output, "ws://") {
		t.Errorf("exit code %d: %s%s", code, output, &p.stderr)
	}
	if _, err := os.Stat(filepath.Join(p.cmd.Dir, "data")); !os.IsNotExist(err) {
		t.Errorf("data directory: %v", err)
	}
}

// mute is a connection that writes nothing once muted is closed.
type mute struct {
	net.Conn
	muted chan struct{}
}

func (m mute) Write(p []byte) (int, error) {
	select {
	case <-m.muted:
		return len(p), nil
	default:
		return m.Conn.Write(p)
	}
}

func (m mute) Close() error { return nil }

// TestSecondSignal shows that a second signal ends the server without waiting for close frames of
// clients.
func TestSecondSignal(t *testing.T) {
	p := start(t, nil, dev...)
	_, addr := p.listening()
	muted := make(chan struct{})
	c := play(t, addr, "", func(tcp net.Conn) net.Conn { return mute{tcp, muted} })
	<-c.hello
	close(muted)
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if why := <-c.closed; why == nil || why.Code != 4503 {
		t.Errorf("closed with %v", why)
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if _, code := p.end(); code != -1 {
		t.Errorf("exit code %d, want an end by the signal", code)
	}
}

// TestVersion shows that the command version and the flag --version print the version.
func TestVersion(t *testing.T) {
	for _, arg := range []string{"version", "--version"} {
		p := start(t, nil, arg)
		if output, code := p.end(); code != 0 || output != versionLine()+"\n" || !strings.HasPrefix(output, "civic-realtime "+app.Version) {
			t.Errorf("%s: exit code %d: %s%s", arg, code, output, &p.stderr)
		}
	}
}

// TestHelp shows that help explains the program, and a command.
func TestHelp(t *testing.T) {
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"help"}, "snapshot restore"},
		{[]string{"--help"}, "snapshot restore"},
		{[]string{"help", "serve"}, "--jwt-secret-file"},
		{[]string{"help", "snapshot", "export"}, "--output"},
	} {
		p := start(t, nil, test.args...)
		if output, code := p.end(); code != 0 || !strings.Contains(output, test.says) {
			t.Errorf("%v: exit code %d: %s%s", test.args, code, output, &p.stderr)
		}
	}
	start(t, nil, "help", "fly").mustEnd(2, "fly")
}
