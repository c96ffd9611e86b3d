package handon

import (
	"context"
	"net"

	"github.com/civicpress/civic-realtime/transport/limit"
	"github.com/civicpress/civic-realtime/transport/mux"
)

// serve serves the streams of a connection of the node with a name.
func (l *Listener) serve(c net.Conn, node string) {
	remote := limit.PeerAddr(c).String()
	begun := make(chan *mux.Session, 1)
	session := l.cfg.begin(mux.Server, c, mux.Config{
		Accept: func(s *mux.Stream, opening []byte) { l.takeStream(s, opening, node, remote) },
		Ended:  func(error) { l.sessions.remove(<-begun) },
	})
	l.sessions.add(session)
	begun <- session
}

// takeStream checks a stream and passes it to Accept, or refuses it.
func (l *Listener) takeStream(s *mux.Stream, opening []byte, node, remote string) {
	refused := errTooMany
	var p Preamble
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
		p, refused = l.checkStream(opening)
	default:
	}
	if refused != nil && (!isOrdinary(refused) || refused == errTooMany) {
		l.logRefused(remote, refused.Reason)
	}
	if s.Answer(appendAnswer(nil, refused)) != nil || refused != nil {
		_ = s.Close()
		return
	}
	p.Node = node
	select {
	case l.handed <- &Conn{Stream: s, Preamble: p, remote: net.TCPAddrFromAddrPort(p.Remote)}:
	case <-l.ended:
		s.Reset()
	}
}

// checkStream returns the preamble of a stream, and why it is refused, nil if it is not.
func (l *Listener) checkStream(opening []byte) (Preamble, *RefusedError) {
	p, refused := decodePreamble(opening)
	if refused != nil || l.cfg.Check == nil {
		return p, refused
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.cfg.timeout())
	defer cancel()
	return p, l.cfg.Check(ctx, p)
}
