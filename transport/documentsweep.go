package transport

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
)

const (
	// firstDocument is how long a connection may have no document that was opened.
	firstDocument = time.Minute
	// feedAfter is how long a connection whose documents are in no room is sent nothing. A provider
	// closes a connection on which it has received nothing for 30 s, and pings do not count.
	feedAfter = 15 * time.Second
)

var errNoDocument = &engine.CloseError{Code: closeNotAuthenticated,
	Reason: "no document was opened", ErrorCode: protocol.CodeAuthFailed}

// sweepDocuments checks the documents of a connection. It never blocks.
func (s *Server) sweepDocuments(c *conn, wall time.Time, now time.Duration) {
	d := c.documents
	if began := time.Duration(c.began) * time.Second; !d.authenticated.Load() &&
		now-began >= firstDocument {
		c.logClosed(errNoDocument)
		c.closeNow(errNoDocument)
		return
	}
	var addressed *session
	d.each(func(session *session) {
		addressed = session
		s.sweepDocument(session, wall, now)
	})
	if last := time.Duration(d.fed.Load()); last > 0 && now-last >= feedAfter {
		d.fed.Store(int64(now))
		go c.feed(addressed)
	}
}

// sweepDocument checks one document.
func (s *Server) sweepDocument(session *session, wall time.Time, now time.Duration) {
	d := session.document
	if remote := session.remote(); remote != nil {
		s.sweepRemote(remote, now)
	}
	switch {
	case wall.Unix() >= session.expires.Load():
		session.expires.Store(never)
		if session.peer() != nil {
			s.counters.expired.Inc()
			session.Close(errExpired)
		}
	case int64(now) >= d.retryAt.Load():
		d.retryAt.Store(never)
		go session.openAgain()
	case wall.Unix() >= d.askAt.Load() && session.peer() != nil:
		session.askForToken(wall)
	case int64(now) >= d.leaveAt.Load():
		d.leaveAt.Store(never)
		go session.leaveIfSilent()
	case session.mayAckUnsure(now):
		go session.ackUnsure()
	default:
		s.recheckIfDue(session, now)
	}
}

// feed sends the client a message that changes nothing: one without an address if it knows such,
// else one for s, which may be nil.
func (c *conn) feed(s *session) {
	c.reading.Lock()
	pings := c.documents.pings
	c.reading.Unlock()
	if pings {
		_ = c.Write(pingDocuments, nil)
	} else if s != nil {
		s.send(protocol.Message{
			Kind: protocol.Awareness, Body: yjs.AppendAwarenessHeader(nil, 0),
		})
	}
}

var pingDocuments = [][]byte{hocuspocusFrame(protocol.HocuspocusPing)}
