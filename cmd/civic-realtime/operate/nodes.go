package operate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// silent says which nodes have not answered.
func silent(s api.Silence) string {
	if !s.Partial {
		return ""
	}
	return "no answer from " + clean(strings.Join(s.Silent, ", ")) + ": this is not all\n"
}

// nodesText returns the table of nodes.
func nodesText(page api.NodePage, now time.Time) string {
	if len(page.Nodes) == 0 {
		return "there is one server only: redis.enabled makes it one of several\n"
	}
	t := &table{heads: []string{
		"NODE", "ADDRESS", "VERSION", ">UP", ">ROOMS", ">OWNED", ">CLIENTS", ">CONNECTIONS",
		">UNSENT", ">REDIS", ">ROUND TRIP", ">CLOCK", "REMARKS",
	}}
	for _, n := range page.Nodes {
		t.add(clean(n.Name), clean(n.Address), orDash(n.Version), age(now.Sub(n.StartedAt)),
			strconv.Itoa(n.Rooms), strconv.Itoa(n.Leases), strconv.Itoa(n.Peers),
			strconv.Itoa(n.Connections), size(n.UnsentBytes), milliseconds(n.RedisSeconds),
			milliseconds(n.RoundTripSeconds), clock(n), nodeRemarks(n))
	}
	return t.String()
}

// milliseconds returns a time for people, "-" if it is not known.
func milliseconds(seconds float64) string {
	if seconds == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f ms", seconds*1000)
}

// clock returns by how much the clock of a node is ahead, "-" if it is as good as the same.
func clock(n api.Node) string {
	if max(n.ClockAheadSeconds, -n.ClockAheadSeconds) <= max(.01, n.RoundTripSeconds) {
		return "-"
	}
	return fmt.Sprintf("%+.2f s", n.ClockAheadSeconds)
}

// nodeRemarks returns what is unusual about a node.
func nodeRemarks(n api.Node) string {
	switch {
	case n.Silent:
		return "does not answer"
	case n.PuttingBack:
		return "puts back what Redis may have lost"
	case !n.Ready:
		return "not ready: " + clean(n.Reason)
	}
	return ""
}

// statusesText returns a line for each node, none if there is one server only.
func statusesText(nodes []api.Status) string {
	if len(nodes) == 0 {
		return ""
	}
	t := &table{heads: []string{
		"NODE", ">UP", ">ROOMS", ">CLIENTS", ">DOCUMENTS", ">UPDATES", ">MEMORY", "REMARKS",
	}}
	for _, st := range nodes {
		remark := ""
		if !st.Ready {
			remark = "not ready: " + clean(st.Reason)
		}
		t.add(clean(st.Node), age(seconds(st.UptimeSeconds)), strconv.Itoa(st.Rooms),
			strconv.Itoa(st.Peers), size(st.DocumentBytes), rate(st.UpdatesPerSecond),
			size(st.MemoryBytes), remark)
	}
	return "\n" + t.String()
}
