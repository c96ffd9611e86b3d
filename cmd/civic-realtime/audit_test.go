package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lxzan/gws"
)

// trail is the audit trail of a server.
type trail struct {
	t    *testing.T
	file string
}

// lines returns the lines of the trail: each as kind, who, room or route, and what came of it.
func (a trail) lines() (lines []string) {
	a.t.Helper()
	text, err := os.ReadFile(a.file)
	if err != nil {
		a.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var l struct {
			Kind, By, Room, Route, Reason string
			Status, Code                  int
			OK                            *bool
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			a.t.Fatalf("%q: %v", line, err)
		}
		by, _, _ := strings.Cut(l.By, " by ")
		parts := []string{l.Kind, by, l.Room, l.Route}
		if l.Status+l.Code > 0 {
			parts = append(parts, fmt.Sprint(l.Status+l.Code))
		}
		if l.OK != nil {
			parts = append(parts, fmt.Sprint(*l.OK))
		}
		lines = append(lines, strings.Join(strings.Fields(strings.Join(parts, " ")), " "))
	}
	return lines
}

// await waits until the trail has a line, and returns all.
func (a trail) await(line string) []string {
	a.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(a.file); err == nil {
			if lines := a.lines(); slices.Contains(lines, line) {
				return lines
			} else if time.Now().After(deadline) {
				a.t.Fatalf("there is no %q in %q", line, lines)
			}
		} else if time.Now().After(deadline) {
			a.t.Fatal(err)
		}
	}
}

// inConsole signs in to the console, and sends a request without a body as the page does.
func (o *operated) inConsole(name, path string) {
	o.t.Helper()
	token := strings.TrimSpace(string(must(os.ReadFile(filepath.Join(o.dir, "admin.token")))))
	page := http.Client{Jar: must(cookiejar.New(nil))}
	o.send(&page, "/console/session", fmt.Sprintf(`{"token":%q,"name":%q}`, token, name))
	o.send(&page, path, "")
}

// send sends a request of a page of the console, which must succeed.
func (o *operated) send(page *http.Client, path, body string) {
	o.t.Helper()
	r := must(http.NewRequest("POST", o.url+path, strings.NewReader(body)))
	r.Header.Set("Origin", o.url)
	r.Header.Set("Content-Type", "application/json")
	resp := must(page.Do(r))
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		o.t.Errorf("%s: %s", path, resp.Status)
	}
}

// TestDrainInConsole shows that the trail says who has shut the server down in the console.
func TestDrainInConsole(t *testing.T) {
	a := trail{t, filepath.Join(t.TempDir(), "audit.log")}
	o := secured(t, "--config", write(t, "c.yml", "realtime:\n  audit: {file: '"+a.file+"'}\n"))
	o.inConsole("Ann <b>", "/v1/drain")
	o.mustEnd(0, "stopped")
	if lines := a.await("stop"); !slices.Contains(lines, "drain Ann <b>") {
		t.Errorf("%q", lines)
	}
}

// TestAuditTrail shows that refusals, calls, locks, reloads, the shutdown and offline commands are
// in the trail of a real server, that SIGUSR1 reopens its file, that it is for its owner only, and
// that no token is in it.
func TestAuditTrail(t *testing.T) {
	a := trail{t, filepath.Join(t.TempDir(), "audit.log")}
	config := write(t, "c.yml", "realtime:\n  audit: {file: '"+a.file+"'}\n")
	o := secured(t, "--config", config)
	mustBePrivate(t, a.file)
	const marked = "MARKED-TOKEN"
	if socket, _, err := gws.NewClient(probe{answer: make(chan uint16, 1)}, &gws.ClientOption{Addr: "ws://" + o.addr + "/realtime/records/a?token=" + marked}); err == nil {
		socket.ReadLoop()
	}
	a.await("sign_in_refused record:a 4401")
	o.request("POST", "/v1/drain", nil, "Authorization", "Bearer "+marked)
	a.await("admin_call 401")
	o.mustPrint("", "lock", "a")
	me := operator()
	a.await("admin_call " + me + " record:a /v1/rooms/{room}/lock 200")
	a.await("lock " + me + " record:a")
	_ = o.cmd.Process.Signal(syscall.SIGHUP)
	a.await("reload signal:SIGHUP true")
	o.inConsole("Ann <b>", "/v1/reload")
	a.await("admin_call Ann <b> /console/session 200")
	a.await("reload Ann <b> true")

	renamed := trail{t, a.file + ".1"}
	if err := os.Rename(a.file, renamed.file); err != nil {
		t.Fatal(err)
	}
	o.mustPrint("", "lock", "b")
	renamed.await("lock " + me + " record:b")
	_ = o.cmd.Process.Signal(syscall.SIGUSR1)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, err := os.Stat(a.file); err == nil {
			break
		}
	}
	mustBePrivate(t, a.file)
	o.mustPrint("", "unlock", "b")
	a.await("unlock " + me + " record:b")

	_ = o.cmd.Process.Signal(syscall.SIGTERM)
	o.mustEnd(0, "stopped")
	if lines := a.await("stop"); lines[len(lines)-2] != "drain signal:SIGTERM" {
		t.Errorf("%q", lines)
	}
	backup := filepath.Join(t.TempDir(), "backup")
	o.command(0, "backup", "--config", config, "--output", backup)
	a.await("backup command:backup true")
	o.command(1, "restore", "--config", config, backup)
	a.await("restore command:restore false")
	for _, file := range []string{a.file, renamed.file} {
		if text, _ := os.ReadFile(file); strings.Contains(string(text), marked) || strings.Contains(string(text), o.token) {
			t.Errorf("a token is in %s", text)
		}
	}
}

// TestAuditFileUnwritable shows that a server whose audit trail cannot be written ends with the
// reason.
func TestAuditFileUnwritable(t *testing.T) {
	config := write(t, "c.yml", "realtime:\n  audit: {file: /nowhere/audit.log}\n")
	start(t, nil, append(dev, "--config", config)...).mustEnd(1, "audit.file: /nowhere/audit.log cannot be written", "choose another file")
}
