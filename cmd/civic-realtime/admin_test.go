package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// operated is a running server that commands operate.
type operated struct {
	*process
	dir, url, token string
	addr            string // for clients
}

// serveOperated starts a server with an admin API, and waits until it listens.
func serveOperated(t *testing.T, args ...string) *operated {
	t.Helper()
	o := &operated{dir: filepath.Join(t.TempDir(), "data")}
	o.process = start(t, nil, append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", o.dir}, args...)...)
	_, o.addr = o.listening()
	var place struct {
		URL       string `json:"url"`
		TokenFile string `json:"token_file"`
	}
	mustBePrivate(t, filepath.Join(o.dir, "admin.json"))
	if err := json.Unmarshal(must(os.ReadFile(filepath.Join(o.dir, "admin.json"))), &place); err != nil {
		t.Fatal(err)
	}
	if o.url = place.URL; place.TokenFile != "" {
		mustBePrivate(t, place.TokenFile)
		o.token = strings.TrimSpace(string(must(os.ReadFile(place.TokenFile))))
	}
	return o
}

func mustBePrivate(t *testing.T, name string) {
	t.Helper()
	if info, err := os.Stat(name); err != nil || info.Mode() != 0o600 {
		t.Fatalf("%s: %v, %v", name, info, err)
	}
}

// secured starts a server whose clients and operators need tokens.
func secured(t *testing.T, args ...string) *operated {
	t.Helper()
	secret := write(t, "secret", strings.Repeat("s", 32))
	return serveOperated(t, append([]string{"--jwt-secret-file", secret}, args...)...)
}

// command runs a command on the server, which must end with a code, and returns its output.
func (o *operated) command(code int, args ...string) (stdout, stderr string) {
	o.t.Helper()
	p := start(o.t, nil, append(args, "--data-dir", o.dir)...)
	stdout, got := p.end()
	if got != code {
		o.t.Errorf("%q: exit code %d, want %d: %s%s", args, got, code, stdout, &p.stderr)
	}
	return stdout, p.stderr.String()
}

// mustPrint runs a command that must succeed, and print something that matches.
func (o *operated) mustPrint(pattern string, args ...string) {
	o.t.Helper()
	if stdout, _ := o.command(0, args...); !regexp.MustCompile(pattern).MatchString(stdout) {
		o.t.Errorf("%q prints\n%s\nwant %s", args, stdout, pattern)
	}
}

// mustRefuse runs a command that must fail with a code and a reason.
func (o *operated) mustRefuse(code int, reason string, args ...string) {
	o.t.Helper()
	if _, stderr := o.command(code, args...); !strings.Contains(stderr, reason) {
		o.t.Errorf("%q: %s; want %q", args, stderr, reason)
	}
}

// request sends a request to the admin API, and returns the status.
func (o *operated) request(method, path string, body io.Reader, headers ...string) int {
	o.t.Helper()
	r := must(http.NewRequest(method, o.url+path, body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.Host = cmpOr(r.Header.Get("Host"), r.Host)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0 // the connection was closed
	}
	resp.Body.Close()
	return resp.StatusCode
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// TestAdminUnderAttack shows that requests without the token, with wrong ones, for other hosts and
// of other sites' pages change nothing, whatever their bodies are, that they cost a line of the log
// each, and that they keep out nobody who has the token.
func TestAdminUnderAttack(t *testing.T) {
	o := secured(t)
	const wrong = "Bearer 0000000000000000000000000000000000000000000000000000000000000000"
	right := "Bearer " + o.token
	attacks := []struct {
		name    string
		headers []string
		allowed []int // statuses of the answers
	}{
		{"no token", nil, []int{401, 429}},
		{"wrong token", []string{"Authorization", wrong}, []int{401, 429}},
		{"rebinding", []string{"Authorization", right, "Host", "evil.example"}, []int{421}},
		{"another origin", []string{"Authorization", right, "Origin", "https://evil.example"}, []int{403}},
		{"another site", []string{"Authorization", right, "Sec-Fetch-Site", "cross-site"}, []int{403}},
	}
	for _, a := range attacks {
		for range 15 {
			for _, target := range []struct{ method, path string }{
				{"POST", "/v1/drain"}, {"POST", "/v1/rooms/record:a/lock"}, {"POST", "/v1/users/u1/disconnect"}, {"GET", "/v1/status"}, {"GET", "/metrics"},
			} {
				status := o.request(target.method, target.path, strings.NewReader(`{"for_seconds":600}`), append(a.headers, "Content-Type", "application/json")...)
				if ok := fmt.Sprint(a.allowed); !strings.Contains(ok, fmt.Sprint(status)) {
					t.Errorf("%s: %s %s: %d, want one of %s", a.name, target.method, target.path, status, ok)
				}
			}
		}
	}
	huge := func() io.Reader { return io.LimitReader(endless{}, 1<<30) }
	if status := o.request("POST", "/v1/notice", huge(), "Authorization", wrong, "Content-Type", "application/json"); status != 429 && status != 401 && status != 0 {
		t.Errorf("a huge body with a wrong token: %d", status)
	}
	if status := o.request("POST", "/v1/notice", huge(), "Authorization", right, "Content-Type", "application/json"); status != 413 && status != 0 {
		t.Errorf("a huge body: %d", status)
	}
	o.mustPrint(`(?m)^ready +yes$`, "status")
	o.mustPrint(`^ROOM +LOCKED BY +AT\n$`, "locks")
	o.mustPrint(`^USER +FROM +UNTIL +BY +AT +REASON\n$`, "bans")
	_ = o.cmd.Process.Signal(syscall.SIGTERM)
	o.mustEnd(0, "stopped")
	log := o.stderr.String()
	if n := strings.Count(log, "without a valid token"); n != 1 {
		t.Errorf("%d lines about tokens:\n%s", n, log)
	}
	if n := strings.Count(log, "admin request"); n > 30 {
		t.Errorf("%d lines about refused requests", n)
	}
	if strings.Contains(log, o.token) || strings.Contains(log, wrong[7:]) || strings.Contains(log, "action=") {
		t.Errorf("the log has a token, or an action:\n%s", log)
	}
}

// endless is a body of spaces.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

// TestCommands shows what the commands for a running server print and do.
func TestCommands(t *testing.T) {
	o := serveOperated(t, "--dev")
	if o.token != "" {
		t.Error("a token is needed in development mode")
	}
	player := play(t, o.addr, "", direct)
	<-player.hello
	o.mustPrint(`(?s)^version +0\.1\.0.*\nready +yes\n.*\nrooms +1 loaded, 1 with people, 0 locked, 0 failing\npeople +1 clients`, "status")
	o.mustPrint(`^ROOM +STATE +CLIENTS +SIZE .*\nrecord:a +live +1 +`, "rooms")
	o.mustPrint(`^\{"rooms":\[\{"name":"record:a","kind":"record","state":"live",.*"total":1\}\n$`, "rooms", "--json")
	o.mustPrint(`^ROOM .*REMARKS\n$`, "rooms", "--kind", "document")
	o.mustPrint(`(?s)^room +record:a\nstate +live\n.*\nUSER +NAME +PROTOCOL .*\n.* 127\.0\.0\.1 `, "room", "a")
	o.mustPrint(`"name":"record:a".*"clients":\[\{"id":`, "room", "record:a", "--json")
	o.mustPrint(`(?m)^ *1 +joined +record:a .* 127\.0\.0\.1 `, "connections")
	o.mustPrint(`^ *ID .*\n$`, "connections", "--address", "10.0.0.0/8")

	o.mustPrint(`record:a is locked`, "lock", "a", "--as", "ann")
	o.mustPrint(`(?m)^record:a +ann +20`, "locks")
	o.mustPrint(`(?m)^record:a .* locked$`, "rooms")
	o.mustPrint(`record:a is open`, "unlock", "a")
	o.mustPrint(`sent to \d clients?`, "notice", "soon", "--room", "a", "--warning")
	o.mustPrint(`sent to \d clients?`, "notice", "soon")

	o.mustPrint(`snapshot of record:a is of version \d`, "save", "a")
	o.mustPrint(`record:a is as CivicPress has it`, "refresh", "a")
	o.mustPrint(`(?m)^auth +info$`, "log-level")
	o.mustPrint(`(?m)^auth +debug\n(.*\n)*engine +warn$`, "log-level", "warn", "auth=debug")
	o.mustPrint(`^\{"areas":\{"admin":"warn","api":"warn","auth":"debug"`, "log-level", "--json")
	o.mustRefuse(1, "/areas/kitchen: is no area", "log-level", "kitchen=debug")
	o.mustRefuse(2, "one level for all areas", "log-level", "info", "debug")
	o.mustPrint(`(?m)^default +info$`, "log-level", "info")
	o.mustPrint(`^changed: nothing\n`, "reload")

	o.mustPrint(`^0 connections are closed; u1 stays out until 20`, "kick", "u1", "--for", "10m", "--reason", "spam")
	o.mustPrint(`(?m)^u1 +all rooms +20.* spam$`, "bans")
	o.mustPrint(`^\{"user":"u1"\}\n$`, "unban", "u1", "--json")
	o.mustPrint(`^1 connection is closed\n$`, "kick", "--connection", "1", "--reason", "bye")
	if why := <-player.closed; why == nil || string(why.Reason) != "bye" {
		t.Errorf("closed with %v", why)
	}

	<-play(t, o.addr, "", direct).hello
	o.mustPrint(`record:a is saved and unloaded`, "evict", "a")
	o.mustRefuse(1, "room not found", "evict", "a")
	o.mustRefuse(1, "add --yes", "delete", "a")
	o.mustRefuse(1, "room not found", "delete", "a", "--yes")
	o.mustRefuse(1, "is not deleted", "undelete", "a")
	o.mustRefuse(1, "room not found", "room", "nobody")
	o.mustRefuse(1, "ban not found", "unban", "u1")
	o.mustRefuse(1, "connection not found", "kick", "--connection", "99")
	o.mustRefuse(1, "/text: a notice is one line", "notice", " ")
	o.mustRefuse(2, "name a user", "kick")
	o.mustRefuse(2, "--connection excludes", "kick", "--connection", "1", "--for", "10m")
	o.mustRefuse(2, "--sort", "rooms", "--sort", "size")
	o.mustRefuse(2, "not an address", "status", "--admin", "ftp://localhost")
	o.mustPrint(`the server saves`, "drain")
	o.mustEnd(0, "stopped")
	o.mustRefuse(3, "no server with an admin API runs in "+o.dir, "status")
	o.mustRefuse(3, "no server answers at "+o.url, "status", "--admin", o.url)
}

// TestReloadCommand shows that reload names the keys that have changed and those that need a
// restart, and that a file with errors changes nothing.
func TestReloadCommand(t *testing.T) {
	file := write(t, "c.yml", "log: {level: info}\n")
	o := serveOperated(t, "--dev", "--config", file)
	change := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	change("log: {level: warn}\nport: 3009\n")
	o.mustPrint(`(?m)^changed: log\.level$`, "reload")
	o.mustPrint(`(?m)^auth +warn$`, "log-level")
	change("log: {level: loud}\nlimits: {frame_bites: 5}\n")
	o.mustRefuse(1, "configuration invalid", "reload")
	o.mustRefuse(1, "frame_bytes", "reload")
	o.mustPrint(`(?m)^auth +warn$`, "log-level")
}

// TestReloadOfAdmin shows that a reload replaces the token of operators, and the other settings of
// their listener, and that a token that cannot be read leaves the old one in effect.
func TestReloadOfAdmin(t *testing.T) {
	token := write(t, "token", strings.Repeat("k", 40))
	file := write(t, "c.yml", "admin: {token_file: "+token+"}\n")
	o := secured(t, "--config", file)
	if err := os.WriteFile(token, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	old := write(t, "old", strings.Repeat("k", 40))
	o.mustRefuse(1, "admin.token_file", "reload", "--token-file", old)
	o.mustPrint(`ready +yes`, "status", "--token-file", old)
	if err := os.WriteFile(token, []byte(strings.Repeat("n", 40)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("admin: {token_file: "+token+", profile: true, hosts: [ops.example]}\nmetrics: {public: false}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.mustPrint(`^changed: admin\.hosts, admin\.profile, metrics\.public\n$`, "reload", "--token-file", old)
	o.mustRefuse(1, "unauthorized", "status", "--token-file", old)
	o.mustPrint(`ready +yes`, "status")
	if status := o.request("GET", "/v1/profile/heap", nil, "Authorization", "Bearer "+strings.Repeat("n", 40), "Host", "ops.example"); status != 200 {
		t.Errorf("a profile: %d", status)
	}
	resp := must(http.Get("http://" + o.addr + "/metrics"))
	if resp.Body.Close(); resp.StatusCode != 404 {
		t.Errorf("public metrics: %s", resp.Status)
	}
	_ = o.cmd.Process.Signal(syscall.SIGTERM)
	o.mustEnd(0, "token of the admin API is replaced")
	if strings.Contains(o.stderr.String(), "kkkk") || strings.Contains(o.stderr.String(), "nnnn") {
		t.Error("the log has a token")
	}
}

// TestEventsCommand shows that events are printed as they come, until the command is interrupted or
// the server ends.
func TestEventsCommand(t *testing.T) {
	o := serveOperated(t, "--dev")
	p := start(t, nil, "events", "--kinds", "locked", "--data-dir", o.dir)
	line := make(chan string, 1)
	go func() {
		text, _ := p.stdout.ReadString('\n')
		line <- text
	}()
	for printed, deadline := "", time.Now().Add(patience); printed == ""; {
		if time.Now().After(deadline) {
			t.Fatal("it prints nothing")
		}
		o.command(0, "lock", "a", "--as", "ann") // until the stream has begun
		o.command(0, "unlock", "a")
		select {
		case printed = <-line:
			if !regexp.MustCompile(`^20.* locked +room=record:a by=ann\n$`).MatchString(printed) {
				t.Errorf("it prints %q", printed)
			}
		default:
		}
	}
	other := start(t, nil, "events", "--data-dir", o.dir)
	awaitMetric(t, o.addr, "realtime_admin_streams", 2)
	_ = other.cmd.Process.Signal(os.Interrupt)
	if rest, code := other.end(); code != 0 {
		t.Errorf("interrupted: exit code %d: %s%s", code, rest, &other.stderr)
	}
	o.command(0, "drain")
	o.mustEnd(0)
	rest, code := p.end()
	if code != 1 || !strings.Contains(p.stderr.String(), "the stream of events has ended") {
		t.Errorf("exit code %d: %s%s", code, rest, &p.stderr)
	}
}

// TestTokenOfCommands shows that commands use the token of the data directory, which stays the same
// over restarts, or the one that they are given, and say what is wrong with another.
func TestTokenOfCommands(t *testing.T) {
	o := secured(t)
	if len(o.token) != 64 {
		t.Fatalf("a token of %d characters", len(o.token))
	}
	o.mustPrint(`ready +yes`, "status")
	wrong := write(t, "token", strings.Repeat("0", 64))
	o.mustRefuse(1, "unauthorized: the token is not the server's; --token-file", "status", "--token-file", wrong)
	o.mustRefuse(1, "a token is needed", "status", "--admin", o.url)
	o.mustPrint(`ready +yes`, "status", "--admin", strings.TrimPrefix(o.url, "http://"), "--token-file", filepath.Join(o.dir, "admin.token"))
	o.mustRefuse(1, "is no admin API of civic-realtime", "status", "--admin", o.addr)
	o.mustRefuse(1, "must have one token of at least 32", "status", "--token-file", write(t, "token", "short"))
	_ = o.cmd.Process.Signal(syscall.SIGTERM)
	o.mustEnd(0)
	if strings.Contains(o.stderr.String(), o.token) {
		t.Error("the log has the token")
	}

	again := start(t, nil, "serve", "--listen", "127.0.0.1:0", "--data-dir", o.dir, "--jwt-secret-file", write(t, "secret", strings.Repeat("s", 32)))
	again.listening()
	if token := strings.TrimSpace(string(must(os.ReadFile(filepath.Join(o.dir, "admin.token"))))); token != o.token {
		t.Error("another token is made")
	}
	o.mustPrint(`ready +yes`, "status")
}

// TestCommandsInTrouble shows that commands work though the configuration has got errors, and that
// they send no token to the address of a server that was killed.
func TestCommandsInTrouble(t *testing.T) {
	o := secured(t)
	broken := write(t, "c.yml", "limits: {frame_bites: 5}\n")
	o.mustPrint(`ready +yes`, "status", "--config", broken)
	if _, stderr := o.command(0, "status", "--config", broken); !strings.Contains(stderr, "config check") {
		t.Errorf("it says %s", stderr)
	}
	start(t, nil, "status", "--config", broken, "--data-dir", t.TempDir()).mustEnd(2, "frame_bites")
	_ = o.cmd.Process.Kill()
	_, _ = o.end()
	o.mustRefuse(3, "has ended", "status")
}

// TestTokenFile shows that a token may be chosen, and which cannot.
func TestTokenFile(t *testing.T) {
	token := write(t, "token", strings.Repeat("k", 32)+"\n")
	o := secured(t, "--config", write(t, "c.yml", "admin: {token_file: "+token+"}\n"))
	if o.token != strings.Repeat("k", 32) {
		t.Errorf("the token is %q", o.token)
	}
	o.mustPrint(`ready +yes`, "status")
	if _, err := os.Stat(filepath.Join(o.dir, "admin.token")); !os.IsNotExist(err) {
		t.Errorf("a token is made: %v", err)
	}
	short := write(t, "short", "kkk")
	for _, command := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"config", "check"}} {
		p := start(t, nil, append(command, "--jwt-secret-file", write(t, "secret", strings.Repeat("s", 32)),
			"--config", write(t, "c.yml", "admin: {token_file: "+short+"}\n"))...)
		p.mustEnd(2, "admin.token_file", short, "at least 32", "c.yml:1")
	}
}

// TestMetricsOfOperators shows that metrics.public decides whether clients can read the metrics,
// and that operators can.
func TestMetricsOfOperators(t *testing.T) {
	o := secured(t, "--config", write(t, "c.yml", "metrics: {public: false}\n"))
	resp := must(http.Get("http://" + o.addr + "/metrics"))
	if resp.Body.Close(); resp.StatusCode != 404 {
		t.Errorf("the public listener: %s", resp.Status)
	}
	if status := o.request("GET", "/metrics", nil); status != 401 {
		t.Errorf("without a token: %d", status)
	}
	if status := o.request("GET", "/metrics", nil, "Authorization", "Bearer "+o.token); status != 200 {
		t.Errorf("with the token: %d", status)
	}
	for path, want := range map[string]int{"/": 200, "/robots.txt": 200, "/version": 404, "/readyz": 200} {
		resp := must(http.Get("http://" + o.addr + path))
		if resp.Body.Close(); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
}

// TestNoAdmin shows that the admin API can be switched off, and that commands then do not find the
// place of a process that was killed.
func TestNoAdmin(t *testing.T) {
	dir := t.TempDir()
	place := filepath.Join(dir, "admin.json")
	if err := os.WriteFile(place, []byte(`{"url":"http://127.0.0.1:1","pid":1073741824}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, []string{"CIVIC_REALTIME_ADMIN_LISTEN="}, append(slices.Clone(dev), "--data-dir", dir)...)
	output, _ := p.listening()
	if strings.Contains(output, "operate at") {
		t.Errorf("it says %s", output)
	}
	if _, err := os.Stat(place); !os.IsNotExist(err) {
		t.Errorf("admin.json: %v", err)
	}
}
