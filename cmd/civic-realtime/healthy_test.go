package main

import (
	"strings"
	"syscall"
	"testing"
)

// TestHealthy shows that healthy ends with 0 while the server is ready, without its token; with 1
// and the reason while it is not, as in a drain; and with 3 if there is none.
func TestHealthy(t *testing.T) {
	o := secured(t, "--config", write(t, "c.yml", "drain: {wait: 10m}\n"))
	o.mustPrint(`^ready\n$`, "healthy")
	o.mustPrint(`^\{"status":"ready"\}\n$`, "healthy", "--json")
	o.mustPrint(`^ready\n$`, "healthy", "--admin", o.url, "--token-file", write(t, "other", strings.Repeat("o", 32)))
	if err := o.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for o.request("GET", "/readyz", nil) == 200 {
	}
	stdout, stderr := o.command(1, "healthy")
	if stdout != "unavailable: draining\n" || !strings.Contains(stderr, "not ready for clients") {
		t.Errorf("while it drains: %s%s", stdout, stderr)
	}
	stdout, _ = o.command(1, "healthy", "--json")
	if stdout != `{"status":"unavailable","reason":"draining"}`+"\n" {
		t.Errorf("while it drains: %s", stdout)
	}
	if err := o.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_, _ = o.end()
	o.mustRefuse(3, "no server answers at "+o.url, "healthy", "--admin", o.url)
	o.mustRefuse(3, "has ended", "healthy")
}
