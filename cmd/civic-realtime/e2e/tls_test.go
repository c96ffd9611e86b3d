package e2e

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/codec/websocket/rawframe"
)

// startTLS starts a server that speaks TLS, also to operators, and compresses messages. It returns
// the names of the files with the certificate and its key.
func startTLS(t *testing.T) (s *server, cert, key string) {
	t.Helper()
	cert, key = issue(t)
	config := filepath.Join(t.TempDir(), "realtime.yml")
	text := fmt.Sprintf("compression: large\ntls: {cert_file: %s, key_file: %s}\nadmin: {tls: {cert_file: %s, key_file: %s}}\n", cert, key, cert, key)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return startWith(t, freeAddr(t), newDataDir(t), "--dev", "--config", config), cert, key
}

// serial returns the number of the certificate that new clients are shown.
func (s *server) serial() string {
	s.t.Helper()
	conn, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: testCA.pool, ServerName: "localhost", NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
		s.t.Errorf("ALPN: %q", got)
	}
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// TestTLS shows that real clients converge over TLS, that a new certificate is used from the next
// handshakes on while they stay connected, and that they find the server again after a restart.
func TestTLS(t *testing.T) {
	t.Parallel()
	s, cert, key := startTLS(t)
	const room = "town-plan"
	writers := []*client{join(t, s, room, "ann", 3), join(t, s, room, "bob", 3), join(t, s, room, "cleo", 2)}
	seed := newSeed(t)
	editAll(writers, 200, seed)
	mustHoldEverything(t, converge(t, writers...))

	before := s.serial()
	newCert, newKey := issue(t)
	for from, to := range map[string]string{newCert: cert, newKey: key} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	s.untilMetrics("the new certificate is used", func(metrics string) bool {
		return s.metricIn(metrics, `realtime_tls_certificate_reloads_total{listener="public",outcome="ok"}`) == 1
	})
	if s.serial() == before {
		t.Error("the old certificate is used")
	}
	writers = append(writers, join(t, s, room, "newcomer", 3))
	editAll(writers, 50, seed+10)
	converge(t, writers...)
	for _, c := range writers {
		c.mustBeUndisturbed()
	}
	if code := s.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	s.restart()
	converge(t, writers...)
	for _, c := range writers {
		c.mustBeSound()
	}
}

// TestAdminOverTLS shows that commands on the same machine find the admin API over TLS, though its
// certificate is for another name and of an authority that the system does not trust.
func TestAdminOverTLS(t *testing.T) {
	t.Parallel()
	s, _, _ := startTLS(t)
	join(t, s, "town-plan", "ann", 3)
	command := exec.Command(serverBinary, "rooms", "--data-dir", s.dir)
	command.Env = []string{"HOME=" + t.TempDir()}
	command.Dir = t.TempDir()
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "town-plan") {
		t.Errorf("%v: %s", err, out)
	}
	if log := s.log.String(); !strings.Contains(log, "operate at   https://127.0.0.1:") {
		t.Errorf("%s", log)
	}
}

// openSSL is a WebSocket connection by OpenSSL's client, which can be told to do what Go's cannot.
type openSSL struct {
	*rawConn
	notes *processes.Output // what the client has done
}

// dialOpenSSL joins a room with a version of TLS. done is what the client prints when it has done
// what it was told.
func dialOpenSSL(t *testing.T, s *server, version, done string) openSSL {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("openssl is missing (apt-get install --no-install-recommends openssl)")
	}
	near, far := net.Pipe()
	client := exec.Command("openssl", "s_client", "-connect", s.addr, "-"+version, "-alpn", "http/1.1")
	client.Stdin, client.Stdout = far, far
	c := openSSL{&rawConn{near, bufio.NewReader(near)}, processes.Watch("(" + done + ")")}
	client.Stderr = c.notes
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		near.Close()
		_ = client.Process.Kill()
		_ = client.Wait()
	})
	near.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(near, "GET /realtime/records/a HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: y-websocket\r\n\r\n")
	for answered := false; ; { // before the answer it prints what it knows about the connection
		line, err := c.r.ReadString('\n')
		if err != nil {
			t.Fatalf("%v\n%s", err, c.notes)
		}
		if answered = answered || strings.HasPrefix(line, "HTTP/1.1 101 "); answered && line == "\r\n" {
			return c
		}
	}
}

// tell gives the client a command, and waits until it is done.
func (c openSSL) tell(t *testing.T, command string) {
	t.Helper()
	if _, err := io.WriteString(c, command+"\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.notes.Seen:
	case <-time.After(patience):
		t.Fatalf("%s: nothing is done\n%s", command, c.notes)
	}
}

// TestTLSKeyUpdate shows that a client may ask for new keys while it is connected.
func TestTLSKeyUpdate(t *testing.T) {
	t.Parallel()
	s, _, _ := startTLS(t)
	c := dialOpenSSL(t, s, "tls1_3", "KEYUPDATE")
	c.tell(t, "K") // new keys in both directions
	if _, err := c.Write(rawframe.Masked(rawframe.Fin|rawframe.Ping, []byte("new keys"))); err != nil {
		t.Fatal(err)
	}
	for {
		first, payload, err := rawframe.Read(c.r)
		if err != nil {
			t.Fatalf("%v\n%s", err, c.notes)
		}
		if rawframe.Opcode(first) == rawframe.Pong {
			if string(payload) != "new keys" {
				t.Errorf("%q", payload)
			}
			return
		}
	}
}

// TestTLSRenegotiation shows that a client of TLS 1.2 that begins another handshake is
// disconnected, and no other.
func TestTLSRenegotiation(t *testing.T) {
	t.Parallel()
	s, _, _ := startTLS(t)
	other := join(t, s, "a", "ann", 3)
	c := dialOpenSSL(t, s, "tls1_2", "RENEGOTIATING")
	c.tell(t, "R")
	s.untilMetrics("it is gone", func(metrics string) bool { return s.metricIn(metrics, "realtime_connections") == 1 })
	converge(t, other, join(t, s, "a", "bob", 3))
}
