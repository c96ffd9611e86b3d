package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

const (
	// keepAlive is the time without events after which a comment is sent, so that proxies keep the
	// connection, and readers notice when it is gone.
	keepAlive = 15 * time.Second
	// lookEvery is the time between two looks for nodes that have come.
	lookEvery = time.Second
	// silentTime is how long the stream of a node may have nothing, not even a comment, of which
	// one is sent every keepAlive. Then the node is gone.
	silentTime = 2*keepAlive + 10*time.Second
	// maxBlock bounds an event, in bytes.
	maxBlock = 64 << 10
)

// otherEvents collects the events of all other nodes. It belongs to one stream.
type otherEvents struct {
	s      *Server
	query  string            // of the request
	admin  *http.Request     // names the administrator
	blocks chan string       // events as text, with the empty line at the end
	ended  chan string       // names of nodes whose stream has ended, or has not begun
	began  chan string       // names of nodes whose stream has begun
	open   map[string]func() // ends the stream of a node
	silent []string          // names of nodes that do not answer, sorted
}

// watchOthers returns the events of all other nodes, until the request ends; nil if this server
// answers for itself only.
func (s *Server) watchOthers(r *http.Request) <-chan string {
	if s.alone(r) {
		return nil
	}
	o := &otherEvents{
		s: s, query: r.URL.RawQuery, admin: r, blocks: make(chan string),
		ended: make(chan string), began: make(chan string), open: map[string]func(){},
	}
	go o.run(r.Context())
	return o.blocks
}

// run watches nodes as they come and go. A node whose stream ends is asked again at the next look.
func (o *otherEvents) run(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		o.watchAll(ctx)
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		case name := <-o.began:
			send(ctx, o.blocks, ": events of "+name+"\n\n")
			o.setSilent(ctx, name, false)
		case name := <-o.ended:
			o.open[name]()
			o.open[name] = nil // until the next look
			o.setSilent(ctx, name, true)
			select {
			case <-look.C:
			case <-ctx.Done():
				return
			}
		}
	}
}

// watchAll begins the streams of nodes that have none, and forgets nodes that are gone.
func (o *otherEvents) watchAll(ctx context.Context) {
	live := o.s.cfg.Nodes.Others()
	for _, node := range live {
		if o.open[node.Name] == nil {
			streaming, cancel := context.WithCancel(ctx)
			o.open[node.Name] = cancel
			go o.watch(streaming, ctx, node)
		}
	}
	for _, name := range slices.Clone(o.silent) {
		if !slices.ContainsFunc(live, func(n api.Node) bool { return n.Name == name }) {
			o.setSilent(ctx, name, false)
		}
	}
}

// setSilent sends an event "partial" if the nodes that do not answer are others than before.
func (o *otherEvents) setSilent(ctx context.Context, name string, silent bool) {
	at, known := slices.BinarySearch(o.silent, name)
	switch {
	case known == silent:
		return
	case silent:
		o.silent = slices.Insert(o.silent, at, name)
	default:
		o.silent = slices.Delete(o.silent, at, at+1)
	}
	text, err := json.Marshal(api.Silence{Partial: len(o.silent) > 0, Silent: o.silent})
	if err == nil {
		send(ctx, o.blocks, fmt.Sprintf("event: partial\ndata: %s\n\n", text))
	}
}

// send sends a value unless ctx is done before.
func send(ctx context.Context, to chan<- string, value string) {
	select {
	case to <- value:
	case <-ctx.Done():
	}
}

// watch passes the events of a node on until its stream ends; whole is the context of all streams.
func (o *otherEvents) watch(ctx, whole context.Context, node api.Node) {
	defer send(whole, o.ended, node.Name)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out, err := http.NewRequest(get, "/v1/events?"+o.query, nil)
	if err != nil {
		return
	}
	out.Header.Set("Accept", httpapi.EventsType)
	identify(out, o.admin)
	watchdog := time.AfterFunc(askTime, cancel)
	defer watchdog.Stop()
	stream, err := o.s.cfg.Nodes.Call(ctx, node.Address, out)
	if err != nil {
		return
	}
	defer stream.Body.Close()
	if stream.StatusCode != http.StatusOK {
		return
	}
	send(ctx, o.began, node.Name)
	lines := bufio.NewScanner(stream.Body)
	lines.Buffer(nil, maxBlock)
	var block strings.Builder
	for lines.Scan() {
		watchdog.Reset(silentTime)
		if o.collect(ctx, &block, lines.Text()) != nil {
			return
		}
	}
}

var errBlock = errors.New("an event is too long")

// collect adds a line to a block, which it passes on when it is complete. Comments are dropped.
func (o *otherEvents) collect(ctx context.Context, block *strings.Builder, line string) error {
	switch {
	case strings.HasPrefix(line, ":"):
	case line != "":
		block.WriteString(line + "\n")
	case block.Len() > 0:
		send(ctx, o.blocks, block.String()+"\n")
		block.Reset()
	}
	if block.Len() > maxBlock {
		return errBlock
	}
	return nil
}
