package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

const (
	// NodeHeader is the header with the name of the node that is to answer a request, alone and
	// for itself. Without it a request is answered for all nodes.
	NodeHeader = "Admin-Node"
	// remoteHeader is the header of a call between nodes with the address of the administrator.
	remoteHeader = "Admin-Remote"
)

// askTime is how long other nodes may take to answer for themselves. Those that take longer are
// silent.
const askTime = time.Second

// alone reports whether this server answers a request for itself only.
func (s *Server) alone(r *http.Request) bool {
	return s.cfg.Nodes == nil || ofNode(r) || r.Header.Get(NodeHeader) != ""
}

// node returns the name of this node, empty if the server is alone.
func (s *Server) node() string {
	if s.cfg.Nodes == nil {
		return ""
	}
	return s.cfg.Nodes.Self().Name
}

// addressOf returns the address of a node, empty if it is this one.
func (s *Server) addressOf(name string) (string, error) {
	if name == s.node() {
		return "", nil
	}
	if s.cfg.Nodes != nil {
		for _, node := range s.cfg.Nodes.Others() {
			if node.Name == name {
				return node.Address, nil
			}
		}
	}
	return "", httpapi.Problem(http.StatusNotFound, api.NodeNotFound, "GET /v1/nodes lists all nodes")
}

// silentNode logs that a node does not answer, and returns the problem that this is.
func (s *Server) silentNode(address string, err error) *api.Problem {
	s.log.Warn("node does not answer", slog.String("node", address),
		slog.String("reason", err.Error()))
	return httpapi.Problem(http.StatusServiceUnavailable, api.Unavailable,
		"the node at "+address+" does not answer")
}

// call is a request to other nodes.
type call struct {
	method, path string
	query        url.Values
	body         any // nil: none
}

// request returns the request of a call, with the name of the administrator who has sent r.
func (c call) request(r *http.Request) (*http.Request, error) {
	var body io.Reader
	if c.body != nil {
		text, err := json.Marshal(c.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	out, err := http.NewRequest(c.method, c.path, body)
	if err != nil {
		return nil, err
	}
	if out.URL.RawQuery = c.query.Encode(); body != nil {
		out.Header.Set("Content-Type", httpapi.JSONType)
	}
	identify(out, r)
	return out, nil
}

// identify gives a request to another node the name and the address of the administrator.
func identify(out, r *http.Request) {
	out.Header.Set(NameHeader, by(r))
	out.Header.Set(remoteHeader, r.RemoteAddr)
}

// part is the answer of another node.
type part[T any] struct {
	node    api.Node
	value   T
	problem *api.Problem  // in the place of value; nil: there is a value
	took    time.Duration // until the answer began
}

// askOthers calls all other nodes at once. It returns the answers of those that answer in time, in
// the order of nodes, and the names of the others.
func askOthers[T any](s *Server, r *http.Request, c call) (parts []part[T], silence api.Silence) {
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	others := s.cfg.Nodes.Others()
	answers := make([]*part[T], len(others))
	var asked sync.WaitGroup
	for i, node := range others {
		asked.Go(func() { answers[i] = ask[T](ctx, s, r, c, node) })
	}
	asked.Wait()
	for i, answer := range answers {
		if answer == nil {
			silence.Partial = true
			silence.Silent = append(silence.Silent, others[i].Name)
			continue
		}
		parts = append(parts, *answer)
	}
	return parts, silence
}

// answered returns the answers of nodes that know what they were asked. Those of an earlier
// version, which do not, count as silent.
func answered[T any](parts []part[T], silence api.Silence) ([]part[T], api.Silence) {
	some := parts[:0]
	for _, part := range parts {
		if part.problem == nil {
			some = append(some, part)
			continue
		}
		silence.Partial = true
		silence.Silent = append(silence.Silent, part.node.Name)
	}
	return some, silence
}

// ask calls a node, and returns nil if there is no answer of the kind that is expected.
func ask[T any](ctx context.Context, s *Server, r *http.Request, c call, node api.Node) *part[T] {
	out, err := c.request(r)
	if err != nil {
		return nil
	}
	began := time.Now()
	answer, err := s.cfg.Nodes.Call(ctx, node.Address, out)
	if err != nil {
		return nil
	}
	p := &part[T]{node: node, took: time.Since(began)}
	defer answer.Body.Close()
	body := json.NewDecoder(io.LimitReader(answer.Body, maxPart))
	media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch {
	case media == httpapi.ProblemType && answer.StatusCode < http.StatusInternalServerError:
		p.problem = new(api.Problem)
		err = body.Decode(p.problem)
	case media == httpapi.JSONType && answer.StatusCode < http.StatusBadRequest:
		err = body.Decode(&p.value)
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	return p
}

// maxPart bounds the answer of a node, in bytes. A thousand connections have about one megabyte.
const maxPart = 256 << 20
