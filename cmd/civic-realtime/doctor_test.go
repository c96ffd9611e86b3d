package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// TestDoctor shows that doctor works before the first start and beside a running server, says which
// of both it is, and ends with code 1 if something is wrong.
func TestDoctor(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	config := write(t, "realtime.yml", "realtime:\n  data_dir: '"+data+"'\n  limits: {connections: 100}\n")
	args := []string{"doctor", "--config", config, "--dev", "--listen", "127.0.0.1:0"}
	if out, code := start(t, nil, args...).end(); code != 0 || !strings.Contains(out, "nothing is stored in "+data) || !strings.Contains(out, "ok    port") {
		t.Errorf("before the first start: code %d, %s", code, out)
	}
	p := start(t, nil, "serve", "--config", config, "--dev", "--listen", "127.0.0.1:0")
	p.listening()
	out, code := start(t, nil, append(args, "--json")...).end()
	var found struct {
		OK       bool
		Findings []struct{ Check, Status, Detail string }
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != 0 || !found.OK || !strings.Contains(out, "in use by the running server") {
		t.Errorf("beside a server: code %d, %v, %s", code, err, out)
	}
	bad := write(t, "bad.yml", "realtime:\n  rooms: {max_rooms: none}\n  prot: 1\n  data_dir: '"+data+"'\n")
	wrong := start(t, nil, "doctor", "--config", bad)
	out, code = wrong.end()
	for _, want := range []string{"fail  configuration", "rooms.max_rooms", `did you mean "port"`, "nothing to check tokens with", "ok    store"} {
		if code != 1 || !strings.Contains(out, want) {
			t.Errorf("code %d, %q is missing in %s", code, want, out)
		}
	}
}
