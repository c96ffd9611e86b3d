// Command keystroke runs a server with a client that writes and one that reads, and records which
// statements one keystroke executes: from the socket until the store gets it, while it is stored,
// and until both clients have it. The test beside it builds it with coverage counters, and compares
// docs/architecture.md with the record:
//
//	go build -cover -covermode=atomic -coverpkg=… && ./keystroke FOLDER
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/coverage"
	"sync"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "keystroke:", err)
		os.Exit(1)
	}
}

// record writes the statements that were executed since its last call to a new folder.
func record(dir string) error {
	return errors.Join(
		os.Mkdir(dir, 0o700), coverage.WriteMetaDir(dir),
		coverage.WriteCountersDir(dir), coverage.ClearCounters())
}

// store is the store of package bolt. It calls record when rows come, and when they are on the
// disk.
type store struct {
	*bolt.Store
	mu     sync.Mutex
	record string // the folder for recording the next commit; empty: not to be recorded
}

// Append implements engine.Store.
func (s *store) Append(ctx context.Context, rows []persist.Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.record == "" {
		return s.Store.Append(ctx, rows)
	}
	dir := s.record
	s.record = ""
	err := record(filepath.Join(dir, "received"))
	err = errors.Join(err, s.Store.Append(ctx, rows))
	return errors.Join(err, record(filepath.Join(dir, "stored")))
}

func (s *store) recordNext(dir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record = dir
}

// client is a y-websocket client that counts the updates that it receives.
type client struct {
	gws.BuiltinEventHandler
	updates chan struct{}
}

// OnMessage implements gws.Event.
func (c *client) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	if b := m.Bytes(); len(b) > 1 && b[0] == 0 && b[1] == 2 { // sync, update
		c.updates <- struct{}{}
	}
}

func connect(addr string) (*client, *gws.Conn, error) {
	c := &client{updates: make(chan struct{}, 1000)}
	socket, _, err := gws.NewClient(c, &gws.ClientOption{Addr: "ws://" + addr + "/realtime/records/r",
		RequestHeader: http.Header{"Sec-WebSocket-Protocol": {"y-websocket"}}})
	if err == nil {
		go socket.ReadLoop()
	}
	return c, socket, err
}

// keystroke returns the update of the nth letter that a client appends to a text.
func keystroke(n uint64) []byte {
	const id, text, origin = 7, 4, 0x80
	u := lib0.AppendUvarint([]byte{1, 1, id}, n)
	if n == 0 {
		u = lib0.AppendString(append(u, text, 1), "t")
	} else {
		u = lib0.AppendUvarint(append(u, text|origin, id), n-1)
	}
	return append(lib0.AppendString(u, "x"), 0)
}

// settle waits until the server has finished writing the earlier letters, which clients may have
// received before that.
func settle() {
	for stacks := make([]byte, 1<<20); ; runtime.Gosched() {
		if n := runtime.Stack(stacks, true); !bytes.Contains(stacks[:n], []byte("/engine/outbound.")) {
			return
		}
	}
}

// run serves, and records the last of several keystrokes into folders of dir.
func run(dir string) error {
	st, err := bolt.Open(filepath.Join(dir, "data"), bolt.Config{})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s, log := &store{Store: st}, slog.New(slog.NewTextHandler(os.Stderr, nil))
	e := engine.New(engine.Config{}, s, log)
	server := transport.New(transport.Config{Unlimited: true}, e, auth.AllowAll{}, log)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	err = write(l.Addr().String(), s, dir)
	cancel()
	return errors.Join(err, <-served, st.Close())
}

// write makes one client write keystrokes, and another one receive them.
func write(addr string, s *store, dir string) error {
	writer, socket, err := connect(addr)
	if err != nil {
		return err
	}
	defer socket.NetConn().Close()
	reader, other, err := connect(addr)
	if err != nil {
		return err
	}
	defer other.NetConn().Close()
	const warm = 20 // letters; then buffers are allocated, and the writer is an active connection
	for n := range uint64(warm + 1) {
		if n == warm {
			settle()
			err = record(filepath.Join(dir, "before"))
			s.recordNext(dir)
		}
		m := protocol.Message{Kind: protocol.Update, Body: keystroke(n)}
		payload := protocol.YWebsocket{}.Append(nil, m)
		err = errors.Join(err, socket.WriteMessage(gws.OpcodeBinary, payload))
		if err != nil {
			return err
		}
		<-reader.updates
		<-writer.updates
	}
	settle()
	return record(filepath.Join(dir, "sent"))
}
