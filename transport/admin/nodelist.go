package admin

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// nodes lists the nodes that share rooms. A node that does not answer is listed with what is known
// of it without asking it.
func (s *Server) nodes(w http.ResponseWriter, r *http.Request) error {
	if err := httpapi.NewQuery(r).Err(); err != nil {
		return err
	}
	page := api.NodePage{Nodes: []api.Node{}}
	if s.cfg.Nodes == nil {
		return httpapi.Answer(w, http.StatusOK, page)
	}
	page.Nodes = append(page.Nodes, s.self())
	if !s.alone(r) {
		began := time.Now()
		parts, silence := askOthers[api.NodePage](s, r, call{get, "/v1/nodes", nil, nil})
		page.Silence = silence
		for _, part := range parts {
			page.Nodes = append(page.Nodes, measured(part, began))
		}
		page.Nodes = append(page.Nodes, s.silentNodes(silence)...)
	}
	slices.SortFunc(page.Nodes, func(a, b api.Node) int { return strings.Compare(a.Name, b.Name) })
	return httpapi.Answer(w, http.StatusOK, page)
}

// self describes this node.
func (s *Server) self() api.Node {
	n := s.cfg.Nodes.Self()
	st := s.ownStatus()
	n.Ready, n.Reason, n.Rooms, n.Peers = st.Ready, st.Reason, st.Rooms, st.Peers
	n.At = timeOf(time.Now())
	return n
}

// measured returns a node as it describes itself, with the time that its answer took, and the
// difference of its clock; began is when it was asked.
func measured(p part[api.NodePage], began time.Time) api.Node {
	if len(p.value.Nodes) != 1 {
		return p.node
	}
	n := p.value.Nodes[0]
	n.RoundTripSeconds = p.took.Seconds()
	if n.At != nil {
		n.ClockAheadSeconds = n.At.Sub(began.Add(p.took / 2)).Seconds()
	}
	return n
}

// silentNodes returns the nodes that have not answered.
func (s *Server) silentNodes(silence api.Silence) (all []api.Node) {
	for _, node := range s.cfg.Nodes.Others() {
		if slices.Contains(silence.Silent, node.Name) {
			node.Silent = true
			all = append(all, node)
		}
	}
	return all
}
