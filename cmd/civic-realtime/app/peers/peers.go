package peers

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/fanout"
	"github.com/civicpress/civic-realtime/transport/tally"
)

// Config configures Peers.
type Config struct {
	Secret  string      // of all nodes
	DialTLS *tls.Config // for calls of other nodes; nil: no TLS
	Version string      // of the program
	Address string      // of the listener for other nodes
	// Renew is the time between two announcements.
	Renew time.Duration
}

// Peers are the other nodes. Use New, and Attach before Run.
type Peers struct {
	cfg     Config
	started time.Time
	log     *slog.Logger
	tally   *tally.Tally
	caller  *fanout.Caller
	clocks  *fanout.Clocks
	server  *fanout.Server
	parts   atomic.Pointer[Parts]        // nil before Attach
	calls   atomic.Pointer[http.Handler] // nil before Answer
	apart   atomic.Pointer[apart]        // nil: there are none
}

// New returns Peers that are not attached yet.
func New(cfg Config, log *slog.Logger) *Peers {
	p := &Peers{
		cfg: cfg, started: time.Now(), log: log, tally: tally.New(cfg.Secret),
		caller: fanout.NewCaller(cfg.Secret, cfg.DialTLS),
	}
	p.clocks = fanout.NewClocks(p.caller)
	p.server = fanout.NewServer(fanout.ServerConfig{
		Secret: cfg.Secret, Calls: http.HandlerFunc(p.answer), Self: p.answerOfProbe,
	}, log)
	return p
}

// SetSecret replaces the secret of all nodes.
func (p *Peers) SetSecret(secret string) {
	p.caller.SetSecret(secret)
	p.server.SetSecret(secret)
	p.tally.SetSecret(secret)
}

// Attach sets the parts that need Peers to be made.
func (p *Peers) Attach(parts Parts) { p.parts.Store(&parts) }

// Answer sets the handler of calls of other nodes.
func (p *Peers) Answer(h http.Handler) { p.calls.Store(&h) }

// apart are calls with a handler of their own.
type apart struct {
	prefix  string // of their paths
	handler http.Handler
}

// AnswerBelow sets the handler of those calls of other nodes whose paths begin with a prefix.
func (p *Peers) AnswerBelow(prefix string, h http.Handler) { p.apart.Store(&apart{prefix, h}) }

// answer answers a call of another node.
func (p *Peers) answer(w http.ResponseWriter, r *http.Request) {
	if a := p.apart.Load(); a != nil && strings.HasPrefix(r.URL.Path, a.prefix) {
		a.handler.ServeHTTP(w, r)
		return
	}
	h := p.calls.Load()
	if h == nil {
		http.Error(w, "the server is starting", http.StatusServiceUnavailable)
		return
	}
	(*h).ServeHTTP(w, r)
}

func (p *Peers) answerOfProbe() (a fanout.Answer) {
	if parts := p.parts.Load(); parts != nil {
		a.Name, a.SeesShared = parts.Node.Name(), parts.Node.SeesShared()
	}
	return a
}

// Elsewhere returns the numbers of connections to other nodes.
func (p *Peers) Elsewhere() *tally.Tally { return p.tally }

// Take answers the calls of a connection that another node has made, which it owns from now on.
func (p *Peers) Take(c net.Conn) { p.server.Take(c) }

// Ask reports whether the node at an address sees Redis.
func (p *Peers) Ask(ctx context.Context, address string) (sees bool, err error) {
	return p.clocks.Ask(ctx, address)
}

// Describe returns what this node announces of itself.
func (p *Peers) Describe() []byte {
	d := description{Version: p.cfg.Version, StartedAt: p.started}
	if parts := p.parts.Load(); parts != nil {
		d.Connections = parts.Server.Connected()
		var counts tally.Counts
		counts.Addresses, counts.Users = parts.Server.Counts()
		d.Tally = p.tally.Encode(counts)
	}
	return d.encode()
}

// WriteMetrics writes the metrics, which fanout.MetricHelp describes.
func (p *Peers) WriteMetrics(w io.Writer) { p.clocks.WriteMetrics(w) }
