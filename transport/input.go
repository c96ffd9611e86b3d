package transport

import (
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
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
