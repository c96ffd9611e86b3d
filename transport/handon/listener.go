package handon

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"

	"github.com/civicpress/civic-realtime/transport/limit"
)

// slots is how many connections may be in their hello, and streams in their preamble. Further ones
// are refused.
const slots = 1024

// Listener accepts the connections that other nodes hand on.
type Listener struct {
	net.Listener
	cfg     Config
	samples *limit.LogSampler

	handed chan net.Conn // *Conn
	ended  chan struct{}
	slots  chan struct{}
	once   sync.Once
	failed error // of the last Accept; set before ended is closed

	sessions sessions
}

// Accept returns the next connection that another node has handed on, a *Conn.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.handed:
		return c, nil
	case <-l.ended:
		return nil, l.failed
	}
}

// Close stops accepting. A session ends with the last connection that it carries.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	l.end(net.ErrClosed)
	l.sessions.close()
	return err
}

func (l *Listener) end(err error) {
	l.once.Do(func() {
		l.failed = err
		l.samples.Stop()
		close(l.ended)
	})
}

// Sweep writes the log lines that are due. It is to be called every few seconds.
func (l *Listener) Sweep() { l.samples.Sweep() }

// isOrdinary reports whether a node was refused as this one is not ready or not the owner, which is
// logged by the node that was refused, or whoever has connected has gone without a word, as a node
// that ends just then.
func isOrdinary(err error) bool {
	var refused *RefusedError
	return err == io.EOF ||
		errors.As(err, &refused) && (refused.Answer == NotOwner || refused.Answer == NotReady)
}

// logRefused logs a connection or stream that is refused.
func (l *Listener) logRefused(remote, reason string) {
	l.samples.Log(limit.SampleKey{Message: "connection to the peer listener refused", Client: remote},
		limit.Event{Level: slog.LevelWarn, Attrs: []slog.Attr{
			slog.String("remote", remote), slog.String("reason", reason),
		}})
}

// logRefusal logs a connection that is closed.
func (l *Listener) logRefusal(c net.Conn, reason string) {
	l.logRefused(limit.PeerAddr(c).String(), reason)
}
