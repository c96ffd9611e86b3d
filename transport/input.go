package transport

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// inputPhase is what becomes of what a client sends.
type inputPhase uint8

const (
	sniffing   inputPhase = iota // it tells the protocol
	joining                      // it waits in the kernel
	open                         // it is dealt with
	discarding                   // it is dropped
	over                         // nothing comes any more
)

// input is what has come of a client; conn.reading guards it. But for rest while the
// connection is sniffing or joining it holds nothing of an idle client.
type input struct {
	phase           inputPhase
	protocolGuessed bool // the protocol is a guess, and the next message tells
	ywebsocketSeen  bool // a message of y-websocket has come
	paused          bool // nothing is dealt with until resume
	closesLater     bool // it is to be closed, later
	refused         bool // it is in no room, and to be closed, later
	sniff           *sniff
	frames          websocket.Reader
	deferred        *deferredFrame // the next to be dealt with; nil: it is in rest
	rest            []byte         // has come and waits
	hungUp          func()         // called when the client goes while it is joining; nil in other phases
	pong            []byte         // to be written, or empty while one is being written; nil: neither
}

// deferredFrame is what is dealt with when a pause ends: a frame, or what the engine has left of one.
type deferredFrame struct {
	websocket.Frame
	charged     bool                // it has been charged
	undelivered *engine.Undelivered // of the frame, which is empty then; nil: none of it has been decoded
}

// incoming is a message that is being received and takes more memory than unreserved. It
// lives until the message has been dealt with. conn.reading guards it but for what says otherwise.
type incoming struct {
	conn        *conn
	reservation limit.Reservation
	began       time.Duration // Server.clock when it began; later by what it had to wait
	waits       bool          // for its reservation
	asked       time.Duration // Server.clock when that began
	lateAt      atomic.Int64  // Server.clock from which it has come too slowly, or waited too long
}

// messageLimits is what limits keep for a connection; conn.reading guards it.
type messageLimits struct {
	counted limit.Slot
	bucket  limit.Bucket
	warned  bool // in this episode

	throttling atomic.Pointer[throttleState] // nil until the connection is throttled for the first time
}

// brake is what a connection that has been throttled needs on top.
type throttleState struct {
	since time.Duration // when throttling began; idle when it has ended; conn.reading guards it
	timer *time.Timer   // resumes the connection; set while it is paused for want of a token
}

// heldClose is a close that is held back. The sweep sees to it when it is due.
type heldClose struct {
	why *engine.CloseError
	at  time.Duration // since the server started
}

// due says whether the close is to be held back no longer. h may be nil: then there is none.
func (h *heldClose) due(now time.Duration) bool { return h != nil && now >= h.at }

// sniff is what a connection needs while it is not known what the client speaks.
type sniff struct {
	visit  visit
	timer  *time.Timer // takes the client for a silent one
	ponged bool        // the timer has been set by a pong
}

// visit is what a client asks for.
type visit struct {
	path  string      // below Config.Path, as the client has sent it
	room  roomkey.Key // zero if the path is of none
	token string
	err   error // why it is refused already, a *engine.CloseError; or nil
}

// client identifies a client at ip that makes the visit, if it is refused.
func (v visit) client(ip netip.Addr) limit.Client { return limit.RefusedClient(v.token, v.path, ip) }
