package transport

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/handon"
	"github.com/civicpress/civic-realtime/transport/limit"
)

var errDisabled = &engine.CloseError{Code: engine.CloseUnavailable, Reason: "realtime is disabled"}

const extensionsHeader = "Sec-WebSocket-Extensions"

// opening is a connection whose client has asked for a WebSocket, and has no answer yet.
type opening struct {
	server  *Server
	header  *http.Request
	offered []string // subprotocols
	several bool     // it carries several documents: request names no room
	request joinRequest
	from    *handon.Preamble // nil: no other node has handed it on

	tcp    net.Conn
	early  []byte     // that the client has sent after its request
	remote netip.Addr // of the other end, which may be a proxy
	ip     netip.Addr // that the client is counted by
	slot   *limit.Slot

	held // while it waits for the owner of its room
}

// held is the state of an opening that waits for the owner of its room.
type held struct {
	until time.Time   // when it is closed; zero: it has not waited
	stop  func()      // ends watching for a hang-up; nil: it has not waited
	left  atomic.Bool // its client has hung up
}

// newOpening returns the connection of a request for a WebSocket, which is still net/http's.
func (s *Server) newOpening(r *http.Request, rest string, ip netip.Addr) *opening {
	o := &opening{server: s, header: r, offered: offers(r.Header), ip: ip}
	o.from = handon.PreambleOf(r)
	o.request = joinRequest{path: rest, token: auth.FromRequest(r, o.offered)}
	if o.several = s.cfg().isDocumentPath(r.URL.EscapedPath()); o.several {
		if _, p := choose(o.offered); p != nil && (*p).Native() {
			o.request.err = s.otherThanHocuspocus()
		}
	} else {
		o.request.room, o.request.err = roomKey(rest)
	}
	if s.cfg().Disabled {
		o.request.err = errDisabled
	}
	return o
}

// takeOver takes the connection over from net/http.
func (o *opening) takeOver(w http.ResponseWriter) error {
	tcp, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return err
	}
	o.remote = limit.PeerAddr(tcp)
	o.tcp = handon.Bare(limit.Bare(tcp))
	early, _ := buffered.Peek(buffered.Reader.Buffered())
	o.early = bytes.Clone(early)
	return nil
}

// serve answers the handshake, and begins the connection.
func (o *opening) serve() {
	s := o.server
	c, err := o.accept()
	if err != nil {
		o.failed(err)
		return
	}
	if c.clientAddr = o.ip; o.from != nil {
		c.handedOn = true
		s.fromNodes.Store(c, origin{o.from.Node, o.from.Room})
	}
	if ends := s.conns.add(c); ends {
		c.Close(errRestarting)
	}
	if o.request.err == nil {
		o.request.err = o.takeSlot()
	}
	if o.slot != nil {
		c.counted, o.slot = *o.slot, nil
	}
	c.begin(o.request)
}

// failed ends a connection whose handshake has failed.
func (o *opening) failed(err error) {
	o.release()
	o.server.log.Debug("handshake failed",
		slog.String("remote", o.header.RemoteAddr), slog.String("reason", err.Error()))
}

// takeSlot counts the connection, unless it is counted. It fails if there are too many.
func (o *opening) takeSlot() error {
	if o.slot != nil {
		return nil
	}
	slot, err := o.server.connLimits.Take(o.ip)
	if err == nil {
		o.slot = &slot
	}
	return err
}

// release ends the counts of a connection that has not begun.
func (o *opening) release() {
	if o.slot != nil {
		o.server.connLimits.Release(*o.slot)
		o.slot = nil
	}
	o.server.conns.release()
}

// accept makes gws answer the handshake.
func (o *opening) accept() (*conn, error) {
	s, r := o.server, o.header
	r.Header.Set("Connection", "Upgrade") // gws reads the first line of a list only
	r.Header.Set("Upgrade", "websocket")  // gws reads no list here
	subprotocol, protocol := choose(o.offered)
	r.Header.Set(protocolHeader, subprotocol) // gws then chooses it
	if o.several && (protocol == nil || !(*protocol).Native()) {
		protocol = documentProtocol
	}
	compression := s.cfg().Compression && !o.several &&
		websocket.OffersDeflate(r.Header.Values(extensionsHeader))
	to := o.tcp
	if compression {
		to = agreeing{o.tcp}
	}
	if _, err := s.upgrader(subprotocol).UpgradeFromConn(to, nil, r); err != nil {
		return nil, err
	}
	s.counters.accepted.Inc()
	c := newConn(&s.services, o.tcp, o.remote, o.early, protocol)
	if c.compression = compression; c.documents != nil {
		c.documents.secure = s.secure(r)
	}
	return c, nil
}

// agreeing is a connection on which gws writes its answer, and only that: it adds that compression
// is agreed on. If gws itself did so, it would make compressors for each handshake, and it accepts
// the header from nobody else.
type agreeing struct{ net.Conn }

func (a agreeing) Write(answer []byte) (int, error) {
	const end = "\r\n"
	answer = bytes.TrimSuffix(answer, []byte(end))
	line := extensionsHeader + ": " + websocket.AgreedDeflate + end + end
	n, err := a.Conn.Write(append(answer[:len(answer):len(answer)], line...))
	return min(n, len(answer)+len(end)), err
}

// upgrader returns an Upgrader that answers with a subprotocol, if it is not empty. It serves one
// handshake: gws chooses from a list that is fixed for an Upgrader, and ours may contain a token.
func (s *Server) upgrader(subprotocol string) *gws.Upgrader {
	o := gws.ServerOption{
		HandshakeTimeout: s.cfg().HandshakeTimeout,
		NewSession:       func() gws.SessionStorage { return nil },
	}
	if subprotocol != "" {
		o.SubProtocols = []string{subprotocol}
	}
	return gws.NewUpgrader(gws.BuiltinEventHandler{}, &o)
}

// bytes returns the request as net/http has understood it, and what the client has sent after it.
func (o *opening) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n",
		o.header.Method, o.header.RequestURI, o.header.Host)
	_ = o.header.Header.Write(&b)
	b.WriteString("\r\n")
	b.Write(o.early)
	return b.Bytes()
}

// refuse answers over HTTP that the client is to try later, here or at another server.
func (o *opening) refuse() {
	defer o.release()
	text := http.StatusText(http.StatusServiceUnavailable)
	_ = o.tcp.SetWriteDeadline(time.Now().Add(o.server.cfg().HandshakeTimeout))
	_, _ = fmt.Fprintf(o.tcp, "HTTP/1.1 %d %s\r\nRetry-After: %s\r\nConnection: close\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s",
		http.StatusServiceUnavailable, text,
		strconv.Itoa(retrySeconds(o.server.cfg().CloseTimeout)), len(text), text)
	_ = o.tcp.Close()
}

func retrySeconds(wait time.Duration) int { return int(math.Ceil(wait.Seconds())) }

// clientOf returns the address that the client of a request is counted by; zero: it is not counted.
func (s *services) clientOf(r *http.Request) netip.Addr {
	if p := handon.PreambleOf(r); p != nil {
		return p.Client
	}
	return s.conf.Load().addresses.Client(r)
}

// secure reports whether a request has come over TLS.
func (s *services) secure(r *http.Request) bool {
	if p := handon.PreambleOf(r); p != nil {
		return p.Secure
	}
	return s.conf.Load().addresses.Secure(r)
}
