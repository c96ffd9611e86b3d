package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// clusterProxies are the proxies in front of two nodes.
var clusterProxies = []proxy{
	{"nginx", "nginx-cluster.conf", proxies[0].command, adaptNginx},
	{"caddy", "Caddyfile-cluster", proxies[1].command, adaptCaddy},
}

// nodesBehind are two nodes behind a proxy.
type nodesBehind struct {
	*proxied
	nodes  [2]*server
	relays [2]*relay // between the proxy and each
}

func startNodesBehind(t *testing.T, by proxy) *nodesBehind {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	shared := redistest.Start(t, "appendonly yes")
	n := &nodesBehind{}
	var upstreams []string
	for i, example := range []string{"10.0.0.7:3001", "10.0.0.8:3001"} {
		n.nodes[i] = startTrusting(t, secret, ", redis: {enabled: true, url: '"+shared.URL()+"'}")
		n.relays[i] = startRelay(t, n.nodes[i].addr)
		upstreams = append(upstreams, example, n.relays[i].addr)
	}
	n.proxied = &proxied{server: n.nodes[0], token: token(t, secret, "--user", "ann"), upstreams: upstreams}
	n.proxied.start(by)
	return n
}

// nodeOf returns the node that the proxy sends the clients of a record to, which all spellings of
// its path must have in common.
func (n *nodesBehind) nodeOf(record string) int {
	n.t.Helper()
	before := [2]int{n.relays[0].websockets(), n.relays[1].websockets()}
	for _, path := range []string{"/realtime/records/", "/realtime/record/", "/realtime/realtime/records/"} {
		n.dial(path + record + "?token=" + n.token).Close()
	}
	got := [2]int{n.relays[0].websockets() - before[0], n.relays[1].websockets() - before[1]}
	if got[0]+got[1] != 3 || got[0] != 0 && got[1] != 0 {
		n.t.Errorf("%s: %d connections go to one node, %d to the other", record, got[0], got[1])
	}
	if got[0] > 0 {
		return 0
	}
	return 1
}

// websockets returns how many WebSockets have come.
func (r *relay) websockets() (count int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, head := range r.heads {
		if strings.Contains(strings.ToLower(head), "upgrade: websocket") {
			count++
		}
	}
	return count
}

// TestClusterProxies shows for each proxy file for several nodes, with the real program, that all
// connections of a record go to one node, and that both nodes have records; that people write
// through it with those at another node; that nothing else can be reached, and no log has a token;
// and that clients go to the other node when one ends.
func TestClusterProxies(t *testing.T) {
	for _, by := range clusterProxies {
		t.Run(by.name, func(t *testing.T) {
			t.Parallel()
			n := startNodesBehind(t, by)
			var records [2][]string
			for i := range 16 {
				record := fmt.Sprint("by-law-", i)
				node := n.nodeOf(record)
				records[node] = append(records[node], record)
			}
			if len(records[0]) == 0 || len(records[1]) == 0 {
				t.Fatalf("one node has all: %q", records)
			}
			near, far := newClient(t, "near"), newClient(t, "far")
			params := args{"token": n.token}
			far.openWith(n.server, room, args{"version": 3, "params": params, "url": "wss://localhost:" + port(n.secure) + "/realtime/records"})
			near.openWith(n.nodes[1-n.nodeOf(room)], room, args{"version": 3, "params": params})
			far.do("edit", args{"seed": newSeed(t), "count": 20}, nil)
			converge(t, near, far)
			far.mustBeUndisturbed()

			want := "CivicPress at /metrics, X-Forwarded-Proto https"
			if _, _, body := n.get(n.at("/metrics")); body != want {
				t.Errorf("/metrics: %s", body)
			}
			n.nodes[1].terminate()
			for deadline := time.Now().Add(patience); ; time.Sleep(pollInterval) {
				before := n.relays[0].websockets()
				status, _, _ := n.get(n.at("/realtime/records/" + records[1][0] + "?token=" + n.token))
				if n.nodeOf(records[1][0]) == 0 && n.relays[0].websockets() > before {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("clients of %s find no node: %d", records[1][0], status)
				}
			}
			n.mustNotShowToken()
		})
	}
}
