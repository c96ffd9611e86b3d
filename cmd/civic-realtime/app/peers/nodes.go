package peers

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// Self implements admin.Nodes.
func (p *Peers) Self() api.Node {
	parts := p.parts.Load()
	n := description{Version: p.cfg.Version, StartedAt: p.started}.node(
		parts.Node.Name(), p.cfg.Address)
	n.Connections, n.UnsentBytes = parts.Server.Connected(), parts.Unsent()
	st := parts.Node.Status()
	n.Leases, n.PuttingBack = st.Leases, st.PuttingBack
	n.RedisSeconds = st.RoundTrip.Seconds()
	n.Generation = short(st.Generations)
	return n
}

// short returns a short text that differs when generations do.
func short(generations []string) string {
	if len(generations) == 0 {
		return ""
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.Join(generations, " "))) // never fails
	return fmt.Sprintf("%08x", h.Sum32())
}

// Others implements admin.Nodes.
func (p *Peers) Others() (all []api.Node) {
	for _, n := range p.parts.Load().Node.Nodes() {
		if !n.Self {
			node := decode(n.More).node(n.Name, n.Address)
			node.PuttingBack = !n.PutBack
			all = append(all, node)
		}
	}
	return all
}

// Owner implements admin.Nodes.
func (p *Peers) Owner(ctx context.Context, room string) (address string, err error) {
	return p.parts.Load().Node.Owner(ctx, room)
}

// Call implements admin.Nodes.
func (p *Peers) Call(
	ctx context.Context, address string, r *http.Request,
) (*http.Response, error) {
	return p.caller.Call(ctx, address, r)
}

// ReloadDecisions implements admin.Nodes.
func (p *Peers) ReloadDecisions(ctx context.Context) (closed int, err error) {
	parts := p.parts.Load()
	banned, err := parts.Engine.ReloadDecisions(ctx)
	if err != nil {
		return 0, err
	}
	return parts.Server.CloseBanned(banned), nil
}
