package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// TestSecondServer shows that two servers cannot share a data directory.
func TestSecondServer(t *testing.T) {
	t.Parallel()
	first := start(t)
	second := launch(t, "serve", "--dev", "--listen", "127.0.0.1:0", "--data-dir", first.dir)
	if code := second.exit(patience); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if log := second.log.String(); !strings.Contains(log, first.dir) || !regexp.MustCompile(`in use|locked|another`).MatchString(log) {
		t.Errorf("it does not say why:\n%s", log)
	}
	first.mustBeHealthy()
}

// TestNoAuth shows that a server without a way to check tokens does not start, except with --dev.
func TestNoAuth(t *testing.T) {
	t.Parallel()
	s := launch(t, "serve", "--listen", "127.0.0.1:0", "--data-dir", t.TempDir())
	if code := s.exit(patience); code != 2 {
		t.Errorf("exit code %d", code)
	}
	if log := s.log.String(); !regexp.MustCompile(`(?i)jwt.*secret`).MatchString(log) {
		t.Errorf("it does not say what to set:\n%s", log)
	}
}

// TestDevOnLoopbackOnly shows that development mode works on loopback addresses only.
func TestDevOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
		s := launch(t, "serve", "--dev", "--listen", listen, "--data-dir", t.TempDir())
		if code := s.exit(patience); code != 2 || !strings.Contains(s.log.String(), "loopback") {
			t.Errorf("--listen %s: exit code %d:\n%s", listen, code, s.log)
		}
	}
}

// TestBadRecordID shows that names that no record can have are refused with 4404, in a form that
// browsers can read.
func TestBadRecordID(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, target := range map[string]string{
		"empty":                      "/realtime/records/",
		"256 bytes":                  "/realtime/records/" + strings.Repeat("a", 256),
		"256 bytes of two each":      "/realtime/records/" + strings.Repeat("%C3%A4", 128),
		"NUL":                        "/realtime/records/a%00b",
		"newline":                    "/realtime/records/a%0Ab",
		"delete":                     "/realtime/records/a%7Fb",
		"control character of two":   "/realtime/records/a%C2%85b",
		"not UTF-8":                  "/realtime/records/a%FFb",
		"the directory":              "/realtime/records/.",
		"the directory, escaped":     "/realtime/records/%2e",
		"the one above":              "/realtime/records/..",
		"the one above, escaped":     "/realtime/records/%2E%2e",
		"a kind that does not exist": "/realtime/secrets/a",
		"no kind":                    "/realtime/",
	} {
		t.Run(name, func(t *testing.T) {
			c := dialRaw(t, s, target)
			c.Write(frame(fin|1, `{"type":"ping"}`)) // decides about the protocol at once
			if code, reason := c.closeCode(); code != 4404 {
				t.Errorf("closed with %d %s", code, reason)
			}
		})
	}
	for _, id := range []string{strings.Repeat("a", 255), "Protokoll-2026_ä.1", "..."} {
		join(t, s, id, "guest", 3).mustBeUndisturbed()
	}
}
