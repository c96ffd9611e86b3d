package app

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/civicpress"
	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/transport"
)

// bubble is the whole service, and CivicPress, in a bubble of testing/synctest: on a network of
// pipes and with a clock that advances when all goroutines wait. So a quarter of an hour takes no
// time, and is exact.
type bubble struct {
	t      *testing.T
	api    *standin.API
	server *pipes // the listener for clients
	log    lockedBuffer
	stop   func()
}

// inBubble runs f with the service in a bubble; keys are the configuration below realtime.
func inBubble(t *testing.T, keys string, opt standin.Options, f func(b *bubble)) {
	t.Helper()
	c, err := parse(t, "realtime:\n  civicpress: {url: 'http://api.example', secret: "+standin.DefaultSecret+"}\n"+keys)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, api: standin.New(opt), server: newPipes()}
		site := newPipes()
		http := &http.Server{Handler: b.api}
		go func() { _ = http.Serve(site) }()
		b.start(c, site)
		f(b)
		b.stop()
		_ = http.Close()
	})
}

// start starts the parts that open and serve start, with a store in memory.
func (b *bubble) start(c Config, site *pipes) {
	log := slog.New(slog.NewTextHandler(&b.log, nil))
	cfg := c.CivicPress.client()
	cfg.Transport = &http.Transport{DialContext: site.dial}
	client, err := civicpress.New(cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	ec := engineConfig(c)
	ec.Records, ec.Compression = records{client}, snapshot.Raw // zstd has goroutines outside of the bubble
	e := engine.New(ec, persist.NewMemory(), log)
	s := transport.New(transportConfig(c), e, newAuthority(client, rules{hides: true}, log), log)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, b.server) }()
	b.stop = func() {
		cancel()
		if err := <-served; err != nil {
			b.t.Error(err)
		}
		client.Close()
	}
}

// calls returns how often CivicPress was asked: on the routes with the strictest limit, and in all.
func (b *bubble) calls() (auth, all int) { return b.api.Count(standin.Me), b.api.Count("") }

// visitor is a client that reconnects until the test stops it, without a pause, as y-websocket
// before 3.1 does.
type visitor struct {
	gws.BuiltinEventHandler
	b         *bubble
	path      string
	id        byte // the client id in documents
	clock     int  // number of characters that it has written
	connected atomic.Pointer[gws.Conn]
	gone      atomic.Bool
	refused   atomic.Int64 // handshakes that failed
	mu        sync.Mutex
	codes     map[int]int // number of closes by code
	ended     chan struct{}
}

// connect opens a record with a new client.
func (b *bubble) connect(id byte, token, record string) *visitor {
	v := &visitor{b: b, id: id, path: "/realtime/records/" + record + "?token=" + token, codes: map[int]int{}, ended: make(chan struct{})}
	go v.stay()
	return v
}

const reconnectPause = 100 * time.Millisecond

func (v *visitor) stay() {
	defer close(v.ended)
	for ; !v.gone.Load(); time.Sleep(reconnectPause) {
		pipe, err := v.b.server.dial(context.Background(), "", "")
		if err != nil {
			v.refused.Add(1)
			continue
		}
		socket, _, err := gws.NewClientFromConn(v, &gws.ClientOption{Addr: "ws://realtime.example" + v.path,
			RequestHeader: http.Header{"Sec-WebSocket-Protocol": {"y-websocket"}}}, pipe)
		if err != nil {
			v.refused.Add(1)
			_ = pipe.Close()
			continue
		}
		if v.connected.Store(socket); v.gone.Load() {
			_ = pipe.Close() // leaves was called before this connection
		}
		socket.ReadLoop()
		v.connected.Store(nil)
	}
}

// leaves closes the client for good.
func (v *visitor) leaves() {
	v.gone.Store(true)
	if socket := v.connected.Load(); socket != nil {
		_ = socket.NetConn().Close()
	}
	<-v.ended
}

// OnMessage implements gws.Event.
func (v *visitor) OnMessage(_ *gws.Conn, m *gws.Message) { _ = m.Close() }

// OnPing implements gws.Event.
func (v *visitor) OnPing(socket *gws.Conn, payload []byte) { _ = socket.WritePong(payload) }

// OnClose implements gws.Event.
func (v *visitor) OnClose(_ *gws.Conn, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	code := 0
	if why, ok := err.(*gws.CloseError); ok {
		code = int(why.Code)
	}
	v.codes[code]++
}

func (v *visitor) closes() map[int]int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.codes)
}

// types writes a word at the end of the client's own paragraph.
func (v *visitor) types(word string) {
	if !v.tryTyping(word) {
		v.b.t.Errorf("client %d is not connected; it was closed with %v", v.id, v.closes())
	}
}

// tryTyping is types that does nothing if the client is not connected.
func (v *visitor) tryTyping(word string) (connected bool) {
	socket := v.connected.Load()
	if socket == nil {
		return false
	}
	_ = socket.WriteMessage(gws.OpcodeBinary, protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: v.update(word)}))
	return true
}

// update returns an update as Yjs makes it: at first an element "paragraph" with a text in it, then
// words, each after the one before.
func (v *visitor) update(word string) []byte {
	const element, text, words = 7, 7, 4
	structs, count, from := []byte{}, 1, v.clock
	if v.clock == 0 {
		structs = lib0.AppendString(append(structs, element, 1), "default")
		structs = lib0.AppendString(append(structs, 3), "paragraph")
		structs = append(structs, text, 0, v.id, 0, 6)
		structs = append(structs, words, 0, v.id, 1)
		count, v.clock = 3, 2
	} else {
		structs = lib0.AppendUvarint(append(structs, words|0x80, v.id), uint64(v.clock-1))
	}
	structs = lib0.AppendString(structs, word)
	v.clock += len(word)
	u := lib0.AppendUvarint([]byte{1, byte(count), v.id}, uint64(from))
	return append(append(u, structs...), 0)
}

// pipes is a listener whose connections are pipes, all from one address.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), ended: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- from{theirs}:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

// from is a connection from that address.
type from struct{ net.Conn }

func (from) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7), Port: 50000} }

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.ended) })
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// lockedBuffer is a buffer that several goroutines may write to.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// lines returns how many lines of the log contain part.
func (b *bubble) lines(part string) (n int) {
	for line := range strings.Lines(b.log.String()) {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}
