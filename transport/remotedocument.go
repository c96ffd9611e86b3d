package transport

import (
	"sync"
	"sync/atomic"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/mux"
)

// remoteDocument is a document that another node serves. It has a goroutine for each direction,
// which lives while there is something to pass that cannot be passed at once.
type remoteDocument struct {
	session *session
	stream  *mux.Stream
	peer    string // address of the node
	room    roomkey.Key

	surplus atomic.Int32 // noSurplus, or Acks to be added (documentrelay.go)
	replied atomic.Bool  // the client has sent step 2 since the document is relayed
	denied  atomic.Bool  // the node has refused the client's last token

	// Times of services.clock.
	received atomic.Int64 // when something last came from the node
	waits    atomic.Int64 // since when the node takes nothing of what waits; idle: nothing does

	// Guarded by conn.reading.
	toNode bool   // a goroutine passes what waits for the node
	unsent []byte // rest of a frame, which it passes first

	frames nodeFrames // owned by the goroutine that passes input

	mu       sync.Mutex // a leaf; guards everything below
	input    []byte     // that has come from the node, and no goroutine has taken
	toClient bool       // a goroutine passes input
	over     bool       // nothing more will come
}

// remote returns the document if another node serves it, else nil.
func (s *session) remote() *remoteDocument {
	if s.document == nil {
		return nil
	}
	return s.document.remote.Load()
}

// setRemote notes that the document is relayed, or with nil that it is not any more; reading is
// held.
func (s *session) setRemote(remote *remoteDocument) {
	count := &s.conn.server.relays.documents
	if s.document.remote.Swap(remote) != nil {
		count.Add(-1)
	}
	if remote != nil {
		count.Add(1)
	}
}

// closeRemote ends the relaying of the document, if it is relayed; reading is held.
func (s *session) closeRemote() {
	if remote := s.document.remote.Load(); remote != nil {
		s.setRemote(nil)
		_ = remote.stream.Close()
	}
}
