// Package relay is a minimal server: it passes each message of a client to the others in its room,
// unchanged. It is the lower bound for the cost of a server that passes on single messages.
package relay

import (
	"net"
	"net/http"
	"sync"

	"github.com/lxzan/gws"
)

// Relay is an http.Handler: every path is a room. The zero value is ready.
type Relay struct {
	gws.BuiltinEventHandler
	// Mangle, if set, returns how many times a message is passed on. With it tests lose and repeat
	// messages.
	Mangle func(payload []byte) (copies int)

	upgrader *gws.Upgrader
	once     sync.Once
	mu       sync.Mutex // guards rooms and their members
	rooms    map[string]*room
}

type room struct{ members []*gws.Conn }

const roomKey = "room"

// Serve serves l until that is closed.
func (r *Relay) Serve(l net.Listener) error { return http.Serve(l, r) }

// ServeHTTP implements http.Handler.
func (r *Relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.once.Do(func() {
		r.rooms = make(map[string]*room)
		r.upgrader = gws.NewUpgrader(r, &gws.ServerOption{})
	})
	socket, err := r.upgrader.Upgrade(w, req)
	if err != nil {
		return
	}
	r.enter(req.URL.Path, socket)
	go socket.ReadLoop()
}

func (r *Relay) enter(name string, socket *gws.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := r.rooms[name]
	if in == nil {
		in = new(room)
		r.rooms[name] = in
	}
	socket.Session().Store(roomKey, in)
	members := make([]*gws.Conn, 0, len(in.members)+1)
	in.members = append(append(members, in.members...), socket) // others may be reading the old one
}

// OnClose implements gws.Event.
func (r *Relay) OnClose(socket *gws.Conn, _ error) {
	in := roomOf(socket)
	r.mu.Lock()
	defer r.mu.Unlock()
	left := make([]*gws.Conn, 0, len(in.members))
	for _, m := range in.members {
		if m != socket {
			left = append(left, m)
		}
	}
	in.members = left
}

func roomOf(socket *gws.Conn) *room {
	in, _ := socket.Session().Load(roomKey)
	return in.(*room)
}

func (r *Relay) membersOf(socket *gws.Conn) []*gws.Conn {
	in := roomOf(socket)
	r.mu.Lock()
	defer r.mu.Unlock()
	return in.members
}

// OnPing implements gws.Event.
func (r *Relay) OnPing(socket *gws.Conn, payload []byte) { _ = socket.WritePong(payload) }

// OnMessage implements gws.Event. The frame is made once and written by gws for each receiver.
func (r *Relay) OnMessage(socket *gws.Conn, m *gws.Message) {
	defer m.Close()
	copies := 1
	if r.Mangle != nil {
		copies = r.Mangle(m.Bytes())
	}
	for range copies {
		r.pass(socket, m)
	}
}

func (r *Relay) pass(from *gws.Conn, m *gws.Message) {
	b := gws.NewBroadcaster(m.Opcode, m.Bytes())
	defer b.Close()
	for _, to := range r.membersOf(from) {
		if to != from {
			_ = b.Broadcast(to)
		}
	}
}
