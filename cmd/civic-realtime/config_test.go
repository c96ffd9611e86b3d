package main

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestConfigCommands shows what config check, print and defaults print, and their exit codes.
func TestConfigCommands(t *testing.T) {
	env := []string{"CIVIC_REALTIME_AUTH_JWT_SECRET=" + testSecret, "CIVIC_REALTIME_RATE_LIMITING_BURST=7", "CIVIC_REALTIME_LIMITS_CONECTIONS=1"}
	config := write(t, "realtime.yml", "realtime:\n  durability: async\n")
	p := start(t, env, "config", "check", "--config", config)
	if out, code := p.end(); code != 0 || !strings.Contains(out, "valid") || !strings.Contains(p.stderr.String(), "did you mean CIVIC_REALTIME_LIMITS_CONNECTIONS?") {
		t.Errorf("code %d, %s%s", code, out, &p.stderr)
	}
	out, code := start(t, env, "config", "print", "--config", config, "--listen", "127.0.0.1:7").end()
	for _, want := range []string{"durability: async", config + ":2", "burst: 7", "# CIVIC_REALTIME_RATE_LIMITING_BURST", "port: 7 ", "# --listen", "secret: '********'"} {
		if code != 0 || !strings.Contains(out, want) || strings.Contains(out, testSecret) {
			t.Errorf("code %d, %q is missing in\n%s", code, want, out)
		}
	}
	if strings.Contains(out, "--dev") {
		t.Errorf("it says that everybody is admitted: %s", out)
	}
	inDev, code := start(t, append(env, "CIVIC_REALTIME_DEV=1"), "config", "print", "--config", config).end()
	if code != 0 || !strings.HasPrefix(inDev, "# --dev: every client") {
		t.Errorf("code %d, %s", code, inDev)
	}
	out, code = start(t, env, "config", "print", "--json", "--config", config).end()
	var values map[string]struct {
		Value *string
		From  string
		Line  int
	}
	if err := json.Unmarshal([]byte(out), &values); err != nil || code != 0 || *values["durability"].Value != "async" || values["durability"].Line != 2 ||
		values["auth.jwt.secret"].Value != nil || values["auth.jwt.secret"].From != "environment" {
		t.Errorf("code %d, %v, %s", code, err, out)
	}
	bad := write(t, "bad.yml", "realtime:\n  durability: maybe\n  prot: 1\n  rooms: {max_rooms: none}\n")
	start(t, nil, "config", "check", "--config", bad).mustEnd(2, "durability", bad+":2", `did you mean "port"?`, "rooms.max_rooms", "nothing to check tokens with")
	start(t, nil, "config", "print", "--config", bad).mustEnd(2, "durability", "rooms.max_rooms")
	out, code = start(t, nil, "config", "defaults").end()
	if code != 0 || !strings.Contains(out, "# CIVIC_REALTIME_PORT\n") {
		t.Errorf("code %d, %s", code, out)
	}
	start(t, env, "config", "check", "--config", write(t, "defaults.yml", out)).mustEnd(0)
}

// TestReloadBySignal shows that SIGHUP puts a changed file into effect while people are connected,
// and that the log names keys that need a restart, and all errors of a wrong file.
func TestReloadBySignal(t *testing.T) {
	config := write(t, "realtime.yml", "realtime: {log: {level: info}}\n")
	p := startPiped(t, "--config", config)
	c := play(t, p.addr, "", direct)
	<-c.hello
	for _, step := range []struct{ file, says string }{
		{"realtime: {rooms: {max_peers: 1}, batch: {window: 50ms}}\n", `changed.*rooms.max_peers.*restart.*batch.window`},
		{"realtime: {rooms: {max_peers: none}, prot: 1}\n", `configuration not reloaded.*rooms.max_peers.*prot`},
	} {
		if err := os.WriteFile(config, []byte(step.file), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		p.until(step.says)
	}
	second := play(t, p.addr, "", direct)
	if why := <-second.closed; why == nil || why.Code != 4529 {
		t.Errorf("a further client of the room is closed with %v", why)
	}
	select {
	case why := <-c.closed:
		t.Errorf("a client that was there is closed with %v", why)
	default:
	}
}
