package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// TestPlaygroundOfConsole shows that the playground in the console has two panes that edit each
// other, over TLS and without, that nothing of it is in the service's documents, metrics and log,
// and that a server with pages that are connected ends in order.
func TestPlaygroundOfConsole(t *testing.T) {
	t.Parallel()
	plain := start(t)
	secure, _, _ := startTLS(t)
	for _, s := range []*server{plain, secure} {
		url := s.announced("operate at") + "/console/playground/"
		p := openPlay(t, url, nil)
		p.begins("left", "Nobody else sees this.")
		p.mustBoth("Nobody else sees this.")
		p.do("button", args{"side": "right", "name": "Cut off"})
		p.begins("left", " Nor this.")
		p.do("button", args{"side": "right", "name": "Join again"})
		p.mustBoth("Nobody else sees this. Nor this.")
		p.do("sees", args{"text": "Nothing of this is kept"})
		p.mustShowTheWire()
		p.mustBeClean()
		second := openPlay(t, url, nil)
		second.mustBoth("Nobody else sees this. Nor this.")

		for name, want := range map[string]float64{"realtime_connections": 0, "realtime_rooms": 0, "realtime_updates_merged_total": 0,
			"realtime_playground_connections": 4, "realtime_playground_rooms": 1} {
			if got := s.metric(name); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		if log := s.log.String(); strings.Contains(log, "joined") || strings.Contains(log, "Nobody") {
			t.Errorf("the log has something of it:\n%s", log)
		}
		if code := s.terminate(); code != 0 {
			t.Errorf("the server ends with %d", code)
		}
		show := exec.Command(serverBinary, "snapshot", "show", "--record", "hello", "--data-dir", s.dir)
		if shown, err := show.CombinedOutput(); err == nil {
			t.Errorf("the store has the document: %s", shown)
		}
	}
}
