package e2e

import (
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// startTLS starts a server that speaks TLS, also to operators. It returns the names of the files
// with the certificate and its key.
func startTLS(t *testing.T) (s *server, cert, key string) {
	t.Helper()
	cert, key = issue(t)
	config := filepath.Join(t.TempDir(), "realtime.yml")
	text := fmt.Sprintf("tls: {cert_file: %s, key_file: %s}\nadmin: {tls: {cert_file: %s, key_file: %s}}\n", cert, key, cert, key)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return startWith(t, freeAddr(t), t.TempDir(), "--dev", "--config", config), cert, key
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
