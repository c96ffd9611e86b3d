package transport

import (
	"cmp"
	"io"
	"net/netip"
	"time"

	"github.com/civicpress/civic-realtime/transport/auth"
)

// Config tunes a Server. The zero value is ready: every field that is zero has
// the default its comment names.
type Config struct {
	// Path is what the paths of WebSockets begin with, without a slash at its end. "/realtime".
	Path string
	// Disabled closes every WebSocket at once with engine.CloseUnavailable. Off.
	Disabled bool
	// CloseCodes is the set of codes that closed connections are told why with. StandardCloseCodes.
	CloseCodes CloseCodes

	// FrameBytes is the longest message a client may send, in bytes; a longer one is dropped as it comes, and one
	// of more than skipFactor times as much closes its connection with 1009. What the largest document takes in
	// base64, and 64 KiB (engine.MessageBytes).
	FrameBytes int
	// UnfinishedBytes is how much memory messages may take that have come in part or are not
	// dealt with yet, all together, beyond 8 KiB a connection. Less than FrameBytes is taken for that. 256 MiB.
	UnfinishedBytes int
	// MessageTimeout is how long a message of more than 8 KiB may take, and as long again as
	// MessageBytesPerSecond allow for what has come of it; then its connection is closed. 30 s.
	MessageTimeout time.Duration
	// MessageBytesPerSecond is how fast at least such a message must come once it has taken MessageTimeout. 16 KiB.
	MessageBytesPerSecond int
	// Handshakes is how many connections may be between TCP's handshake and WebSocket's.
	// With one more, the one that has waited longest for its client is closed. 1024.
	Handshakes int
	// HandshakeTimeout is how long a client may take to send its request. 5 s.
	HandshakeTimeout time.Duration
	// HandshakesPerIP is how many handshakes a second a client's address may begin
	// for long; further ones get the status 429. 10.
	HandshakesPerIP int
	// HandshakeBurst is how many of them it may begin at once. 200.
	HandshakeBurst int
	// JoinTimeout bounds how long a token may be checked and a room loaded, but for what is the engine's own work. 30 s.
	JoinTimeout time.Duration

	// Recheck is how old an answer about a session may get (Session.Checked) before it is
	// asked for again. 45 s.
	Recheck time.Duration
	// MaxStale is how long a connection whose session is to be checked again may stay
	// while that fails; then it is closed with engine.CloseUnavailable. 15 min.
	MaxStale time.Duration

	// SniffTimeout is how long a client that has named no protocol may be silent
	// before it is taken for one of the JSON protocol that waits. 900 ms: a page of y-websocket may be busy for 800 ms
	// when it opens, and a client that waits is to be served within a second.
	SniffTimeout time.Duration

	// NoViewers refuses who may not edit. Off: they may look and be seen.
	NoViewers bool
	// Roles are those of which a token must have one. Any.
	Roles []string

	// Connections is how many there may be; further ones are closed with engine.CloseTooMany, as in the next two. 20000.
	Connections int
	// ConnectionsPerIP is how many one client's address may have, an IPv6 one together with all of its /64. 100.
	ConnectionsPerIP int
	// ConnectionsPerUser is how many a user may have. 10.
	ConnectionsPerUser int
	// HeldRefusals is how many connections there may be, beside those, whose client is refused again and again and is
	// closed later therefore; one more is closed at once. 5000.
	HeldRefusals int
	// TrustedProxies are the peers whose X-Forwarded-For says where a client is. None.
	TrustedProxies []netip.Prefix
	// AllowedOrigins are the origins of pages that may connect; others are closed
	// with engine.CloseForbidden. What is no browser sends none, and may. Empty: any.
	AllowedOrigins []auth.Origin

	// MessagesPerSecond is how many messages a connection may send a second, for
	// long, in a protocol that is protocol.Protocol.Native. 10.
	MessagesPerSecond int
	// MessageBurst is how many of them it may send at once. 50.
	MessageBurst int
	// YWebsocketMessagesPerSecond is MessagesPerSecond for y-websocket, in which
	// each keystroke and each move of the caret is a message. 100.
	YWebsocketMessagesPerSecond int
	// YWebsocketBurst is MessageBurst for y-websocket. 500.
	YWebsocketBurst int
	// RatePatience is how long a connection may be throttled for sending more
	// without a break; then it is closed with engine.CloseRateLimited. 10 s.
	RatePatience time.Duration
	// Unlimited lifts the limits per connection, address and user, for development:
	// those of handshakes, of connections and of rates. Off.
	Unlimited bool

	// PingInterval is the time between two pings to a connection. 30 s.
	PingInterval time.Duration
	// PingAfter is for how long nothing must have gone one of the ways for a ping to be
	// sent; negative: it always is. 20 s.
	PingAfter time.Duration
	// IdleTimeout is how long a connection may send nothing, not even pongs. 75 s.
	IdleTimeout time.Duration
	// StallTimeout is how long a connection may take none of what is written to it. 30 s.
	StallTimeout time.Duration
	// CloseTimeout is how long a client has to answer a close frame. 3 s.
	CloseTimeout time.Duration
	// DrainTimeout bounds the shutdown. 9 s.
	DrainTimeout time.Duration

	// Metrics writes more metrics of the process, in the Prometheus text format. Nothing.
	Metrics func(io.Writer)
	// Build is what /version tells. Empty.
	Build Build
}

// Build names the program that runs.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go,omitempty"`
}

// policy is what the server asks of a session beside a valid token.
func (c *Config) policy() auth.Policy { return auth.Policy{Roles: c.Roles, NoViewers: c.NoViewers} }

func (c Config) withDefaults() Config {
	c.Path = cmp.Or(c.Path, "/realtime")
	c.UnfinishedBytes = cmp.Or(c.UnfinishedBytes, 256<<20)
	c.MessageTimeout = cmp.Or(c.MessageTimeout, 30*time.Second)
	c.MessageBytesPerSecond = cmp.Or(c.MessageBytesPerSecond, 16<<10)
	c.Handshakes = cmp.Or(c.Handshakes, 1024)
	c.HandshakeTimeout = cmp.Or(c.HandshakeTimeout, 5*time.Second)
	c.HandshakesPerIP = cmp.Or(c.HandshakesPerIP, 10)
	c.HandshakeBurst = cmp.Or(c.HandshakeBurst, 200)
	c.JoinTimeout = cmp.Or(c.JoinTimeout, 30*time.Second)
	c.Recheck = cmp.Or(c.Recheck, 45*time.Second)
	c.MaxStale = cmp.Or(c.MaxStale, 15*time.Minute)
	c.SniffTimeout = cmp.Or(c.SniffTimeout, 900*time.Millisecond)
	c.Connections = cmp.Or(c.Connections, 20000)
	c.ConnectionsPerIP = cmp.Or(c.ConnectionsPerIP, 100)
	c.ConnectionsPerUser = cmp.Or(c.ConnectionsPerUser, 10)
	c.HeldRefusals = cmp.Or(c.HeldRefusals, 5000)
	c.MessagesPerSecond = cmp.Or(c.MessagesPerSecond, 10)
	c.MessageBurst = cmp.Or(c.MessageBurst, 50)
	c.YWebsocketMessagesPerSecond = cmp.Or(c.YWebsocketMessagesPerSecond, 100)
	c.YWebsocketBurst = cmp.Or(c.YWebsocketBurst, 500)
	c.RatePatience = cmp.Or(c.RatePatience, 10*time.Second)
	c.PingInterval = cmp.Or(c.PingInterval, 30*time.Second)
	c.PingAfter = cmp.Or(c.PingAfter, 20*time.Second)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 75*time.Second)
	c.StallTimeout = cmp.Or(c.StallTimeout, 30*time.Second)
	c.CloseTimeout = cmp.Or(c.CloseTimeout, 3*time.Second)
	c.DrainTimeout = cmp.Or(c.DrainTimeout, 9*time.Second)
	return c
}
