package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket/rawframe"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// memStore is a Store whose calls can be held and made to fail.
type memStore struct {
	mu            sync.Mutex
	seq           uint64
	rows          map[string][]memRow
	snapshots     map[string][]byte
	loads         int
	loaded        map[string]int // loads by room
	saves         int
	attempts      int              // calls of Append
	commits       [][]string       // the rooms in each that succeeded
	failure       error            // returned by every call
	appendFailure error            // returned by Append alone
	refusals      map[string]error // by room: why Append refuses its rows
	refused       int              // rows that were refused
	broken        string           // a room of which Load and SaveSnapshot panic

	loading, appending, saving, looking gate
}

type memRow struct {
	seq uint64
	row []byte
}

func newMemStore() *memStore {
	return &memStore{rows: make(map[string][]memRow), snapshots: make(map[string][]byte), loaded: make(map[string]int), refusals: make(map[string]error)}
}

func (s *memStore) Load(ctx context.Context, room string) ([]byte, [][]byte, error) {
	if err := s.loading.pass(ctx); err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.panicIfBroken(room)
	s.loads++
	s.loaded[room]++
	var rows [][]byte
	for _, r := range s.rows[room] {
		rows = append(rows, r.row)
	}
	return s.snapshots[room], rows, s.failure
}

func (s *memStore) Append(ctx context.Context, rows []Row) error {
	if err := s.appending.pass(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts++
	if err := cmp.Or(s.failure, s.appendFailure); err != nil {
		return err
	}
	var rooms []string
	for i := range rows {
		r := &rows[i]
		if r.Seq, r.Err = 0, s.refusals[r.Room]; r.Err != nil {
			s.refused++
			continue
		}
		s.seq++
		r.Seq = s.seq
		rooms = append(rooms, r.Room)
		s.rows[r.Room] = append(s.rows[r.Room], memRow{s.seq, bytes.Clone(r.Data)})
	}
	if len(rooms) > 0 {
		s.commits = append(s.commits, rooms)
	}
	return nil
}

func (s *memStore) SaveSnapshot(ctx context.Context, room string, snapshot []byte, through uint64) error {
	if err := s.saving.pass(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.panicIfBroken(room)
	if s.failure != nil {
		return s.failure
	}
	s.saves++
	s.snapshots[room] = bytes.Clone(snapshot)
	s.rows[room] = slices.DeleteFunc(s.rows[room], func(r memRow) bool { return r.seq <= through })
	return nil
}

func (s *memStore) panicIfBroken(room string) {
	if room == s.broken {
		panic("broken for a test")
	}
}

// breakRoom makes Load and SaveSnapshot panic for one room; "" is none.
func (s *memStore) breakRoom(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = name
}

// fail makes every call return err; nil makes them work again.
func (s *memStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
}

// failAppend makes Append return err while everything else works; nil makes it work again.
func (s *memStore) failAppend(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.appendFailure = err
}

// refuse makes Append refuse the rows of a room; with a nil err they are accepted again.
func (s *memStore) refuse(room string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals[room] = err
}

// rowCount returns how many rows the journal has of a room.
func (s *memStore) rowCount(room string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rows[room])
}

// gate can be closed: calls of pass then wait until it is opened.
type gate struct {
	mu   sync.Mutex
	shut chan struct{}
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.shut)
	g.shut = nil
}

func (g *gate) isShut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut != nil
}

// pass waits until the gate is open, or ctx is done.
func (g *gate) pass(ctx context.Context) error {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut == nil {
		return nil
	}
	select {
	case <-shut:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// memConn is a Conn with its client, which merges the updates that it is sent.
type memConn struct {
	reading gate // closed: the client reads nothing

	mu       sync.Mutex
	broken   error
	discards bool      // drops frames without decoding them
	code     CloseCode // of Close; 0 while it is open
	inbox    []protocol.Message
	doc      ydoc.Doc

	keepAlives int // awareness updates without entries; they are not in inbox
	charged    int // messages, by Charge
}

func (c *memConn) Write(frames [][]byte, waits func()) error {
	if c.reading.isShut() && waits != nil {
		waits()
	}
	if err := c.reading.pass(context.Background()); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return c.broken
	}
	if c.discards {
		return nil
	}
	for payload := range payloads(bytes.Join(frames, nil)) {
		c.receive(payload)
	}
	return nil
}

func (c *memConn) receive(payload []byte) {
	var m protocol.Message
	if rest, err := (protocol.YWebsocket{}).Next(payload, &m); err != nil || len(rest) > 0 {
		panic("not one message a frame")
	}
	if m.Kind == protocol.Awareness && bytes.Equal(m.Body, []byte{0}) {
		c.keepAlives++
		return
	}
	c.inbox = append(c.inbox, m)
	if m.Kind == protocol.Update || m.Kind == protocol.SyncReply {
		u, err := yjs.CheckUpdate(m.Body)
		if err != nil {
			panic(err)
		}
		c.doc.Apply(u)
	}
}

func (c *memConn) Finish() {}

func (c *memConn) Close(why *CloseError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.code == 0 {
		c.code = why.Code
	}
}

func (c *memConn) Renew([]byte) {}

func (c *memConn) Charge(messages int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.charged += messages
}

// closed returns the code that the connection was closed with, or 0.
func (c *memConn) closed() CloseCode {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.code
}

// keptAlive returns the number of awareness updates without entries.
func (c *memConn) keptAlive() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keepAlives
}

// take returns the messages since the last call.
func (c *memConn) take() []protocol.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	inbox := c.inbox
	c.inbox = nil
	return inbox
}

// kinds returns the kinds of the messages since the last call.
func (c *memConn) kinds() (kinds []protocol.Kind) {
	for _, m := range c.take() {
		kinds = append(kinds, m.Kind)
	}
	return kinds
}

func (c *memConn) state() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doc.AppendState(nil)
}

func (c *memConn) stateVector() yjs.StateVector {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, err := yjs.ParseStateVector(nil, c.doc.AppendStateVector(nil))
	if err != nil {
		panic(err)
	}
	return v
}

// payloads yields the messages in a stream of unmasked WebSocket frames.
func payloads(stream []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		var message []byte
		for r := bytes.NewReader(stream); r.Len() > 0; {
			first, payload, err := rawframe.Read(r)
			if err != nil {
				panic(err)
			}
			message = append(message, payload...)
			if first&rawframe.Fin == 0 {
				continue
			}
			if !yield(message) {
				return
			}
			message = nil
		}
	}
}

var errStore = errors.New("disk full")
