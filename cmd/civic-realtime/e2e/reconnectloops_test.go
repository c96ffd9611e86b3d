package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestReconnectLoops shows that tabs with a dead token, one of each version of y-websocket, that
// reconnect after every close without a pause are held back, so that there are few attempts,
// another client at their address is admitted, and the log stays short.
func TestReconnectLoops(t *testing.T) {
	t.Parallel()
	p := newTokenRoom(t, "by-law-7")
	versions := []any{1.5, 2, "3.0"}
	for _, version := range versions {
		tab := newClient(t, fmt.Sprint("tab ", version))
		params := args{"token": fmt.Sprint("dead", version, ".x.y")}
		tab.do("open", args{"url": p.s.url(), "room": p.room, "version": version, "maxBackoffTime": nil, "params": params}, nil)
	}
	const each = 3 // refusals that are held back, for 1 s, 2 s and 4 s
	var held, accepted float64
	p.s.untilMetrics("each is held back", func(metrics string) bool {
		held, accepted = p.s.metricIn(metrics, "realtime_closes_held_back_total"), p.s.metricIn(metrics, "realtime_connections_accepted_total")
		return held >= float64(each*len(versions)) || accepted > 100
	})
	// Two refusals of each are not held back, and two more may be in progress.
	if accepted > held+float64(4*len(versions)) {
		t.Errorf("%v attempts, %v of them held back", accepted, held)
	}
	newClient(t, "neighbour").openWith(p.s, p.room, args{"version": 3, "params": args{"token": p.token("Ann")}})
	if n := strings.Count(p.s.log.String(), "connection refused"); n == 0 || n > each*len(versions)/2 {
		t.Errorf("%d lines of the log:\n%s", n, p.s.log)
	}
	if strings.Contains(p.s.log.String(), "dead") {
		t.Error("a token is in the log")
	}
}
