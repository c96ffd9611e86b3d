package handon

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"time"
)

// Config is how nodes speak with each other. All nodes have the same secret.
type Config struct {
	// Node is the name of this node, which others show to their operators.
	Node string
	// Secret is known to all nodes, and to nobody else. Without one nothing is accepted.
	Secret string
	// SecretNow returns Secret where that can change. nil: it cannot.
	SecretNow func() string
	// DialTLS makes Dial speak TLS, and may have this node's certificate. The name in the other
	// node's certificate is ServerName, or else the host of its address. nil: no TLS.
	DialTLS *tls.Config
	// ListenTLS makes a Listener speak TLS, and may demand certificates. nil: no TLS.
	ListenTLS *tls.Config
	// Timeout limits the time for a connection with another node, its TLS handshake, preamble and
	// answer. 3 s.
	Timeout time.Duration
	// Calls takes over connections with calls over HTTP, after their TLS handshake, and checks
	// their secret. nil: they are closed.
	Calls func(net.Conn)
	// Check returns why a connection cannot be taken over, nil if it can. nil: all are taken over.
	Check func(ctx context.Context, p Preamble) *RefusedError
	// AtTicks returns a function that makes f be called within milliseconds: what a session has to
	// send until then goes out together. nil, or it returns nil: it is sent after a moment.
	AtTicks func(f func()) (soon func())
	// Log is where refusals are logged, at most one line a minute for each address. nil: nowhere.
	Log *slog.Logger
}

// defaultTimeout is Config.Timeout by default.
const defaultTimeout = 3 * time.Second

// secret returns the secret of the nodes as of now.
func (c Config) secret() string {
	if c.SecretNow != nil {
		return c.SecretNow()
	}
	return c.Secret
}

func (c Config) timeout() time.Duration {
	if c.Timeout == 0 {
		return defaultTimeout
	}
	return c.Timeout
}
