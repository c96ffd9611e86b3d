package transport

import (
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// inputPhase determines how bytes of the client are handled.
type inputPhase uint8

const (
	sniffing   inputPhase = iota // kept, until the protocol is found out
	joining                      // not read: they wait in the kernel
	open                         // processed
	discarding                   // dropped
	over                         // the connection has ended
)

// input is the state of the direction from the client; conn.reading guards it. An idle connection
// holds none of the client's bytes.
type input struct {
	phase           inputPhase
	protocolGuessed bool // the client was silent; its next message decides
	ywebsocketSeen  bool // a message of y-websocket has come
	paused          bool // nothing is processed until resume
	closesLater     bool // its close is held back; the client is still in its room
	refused         bool // its close is held back; the client was not let into a room
	warned          bool // the client was sent a warning that its bucket is nearly empty
	sniff           *sniff
	frames          websocket.Reader
	deferred        *deferredFrame // to be processed before rest; nil: none
	rest            []byte         // received and not processed
	hungUp          func()         // called when the client closes while it is joining; else nil
	pong            []byte         // to be written; empty: one is being written; nil: none
}

// deferredFrame is a frame, or the rest of one, that is processed when a pause ends.
type deferredFrame struct {
	websocket.Frame
	charged     bool                // against the rate of messages already
	undelivered *engine.Undelivered // rest of a frame, which is empty then; or nil
	session     *session            // that undelivered is for
	inflated    int                 // length of a compressed frame's content; 0: not counted yet
}

// incoming is a message that is being received and takes more memory than unreserved. It lives
// until the message has been processed. conn.reading guards it, but for lateAt.
type incoming struct {
	conn        *conn
	reservation limit.Reservation
	began       time.Duration // services.clock, plus the time that it has waited for memory
	waits       bool          // for memory
	asked       time.Duration // services.clock when the wait began
	lateAt      atomic.Int64  // services.clock at which it is late (messageLate)
}

// messageLimits are a connection's shares of limits; conn.reading guards them.
type messageLimits struct {
	counted limit.Slot   // among the connections
	bucket  limit.Bucket // of messages

	throttling atomic.Pointer[throttleState] // nil until it is throttled for the first time
}

// throttleState is the state of a connection that has been throttled.
type throttleState struct {
	since atomic.Int64 // when throttling began; idle: it is not throttled; set under conn.reading
	timer *time.Timer  // resumes the connection; set while it waits for a token
}

// heldClose is a close that is held back. The sweep executes it when it is due.
type heldClose struct {
	why *engine.CloseError
	at  time.Duration // on the clock of services.repeats
}

// due reports whether the close is due; a nil h is never due.
func (h *heldClose) due(now time.Duration) bool { return h != nil && now >= h.at }

// sniff is the state of a connection whose protocol is not known.
type sniff struct {
	request joinRequest
	timer   *time.Timer // calls conn.silence
	ponged  bool        // the timer has been set by a pong
}
