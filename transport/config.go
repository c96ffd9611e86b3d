package transport

import (
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/docname"
	"github.com/civicpress/civic-realtime/transport/handon"
	"github.com/civicpress/civic-realtime/transport/limit"
	"github.com/civicpress/civic-realtime/transport/suspicious"
)

// Config configures a Server. A field that is zero has the default that its comment ends with.
type Config struct {
	// Path is the prefix of the paths of WebSockets, without a slash at its end. "/realtime".
	Path string
	// DocumentPath is the path of WebSockets that carry several documents, without a slash at its
	// end. It is served below Path, too. "/hocuspocus".
	DocumentPath string
	// NoDocuments serves no such WebSockets. Off.
	NoDocuments bool
	// DocumentRooms are the rooms of the documents' names. Empty: a name is the id of a record.
	DocumentRooms docname.Rules
	// DocumentsPerConnection is how many documents such a WebSocket may carry. One with more is
	// closed with 4205. 100.
	DocumentsPerConnection int
	// Disabled closes every WebSocket at once with engine.CloseUnavailable. Off.
	Disabled bool
	// CloseCodes is the set of close codes. StandardCloseCodes.
	CloseCodes CloseCodes

	// FrameBytes is the length of the longest message that a client may send, in bytes. A longer
	// message is dropped while it comes; one of more than skipFactor times this length closes its
	// connection with 1009. The largest document in base64, and 64 KiB (engine.MessageBytes).
	FrameBytes int
	// UnfinishedBytes limits the memory of all messages together that have come in part or are not
	// processed yet, in bytes; 8 KiB of each connection do not count. At least FrameBytes. 256 MiB.
	UnfinishedBytes int
	// MessageTimeout is how long a message of more than 8 KiB may take to come, in addition to the
	// time that MessageBytesPerSecond grants for the bytes that have come. After that its
	// connection is closed. 30 s.
	MessageTimeout time.Duration
	// MessageBytesPerSecond is the least rate at which such a message must come after
	// MessageTimeout. 16 KiB.
	MessageBytesPerSecond int
	// Handshakes is how many connections may be in their handshake. If there is one more, the one
	// that has waited longest for its client is closed. 1024.
	Handshakes int
	// HandshakeTimeout is how long a client may take to send its request. 5 s.
	HandshakeTimeout time.Duration
	// HandshakesPerIP is how many handshakes a second an address may begin in the long run; further
	// ones are answered with the HTTP status 429. 10.
	HandshakesPerIP int
	// HandshakeBurst is how many handshakes an address may begin at once. 200.
	HandshakeBurst int
	// JoinTimeout limits the time to check a token and to load a room, without the engine's own
	// work. 30 s.
	JoinTimeout time.Duration

	// Recheck is the age at which an answer about a session (auth.Session.Checked) is too old: the
	// session is then rechecked. 45 s.
	Recheck time.Duration
	// MaxStale is how long a connection may stay while its session cannot be rechecked; after that
	// it is closed with engine.CloseUnavailable. 15 min.
	MaxStale time.Duration

	// SniffTimeout is how long a client that has named no protocol may be silent before it is taken
	// for one of the JSON protocol. 900 ms: a page with y-websocket may be busy for 800 ms when it
	// opens, and a client that waits is to be served within a second.
	SniffTimeout time.Duration

	// Compression lets clients that offer permessage-deflate (RFC 7692) send compressed messages,
	// and compresses messages of 1 KiB or more to them. A message is compressed once for all its
	// receivers, and a connection holds no window. Off.
	Compression bool

	// NoViewers refuses sessions that may not edit. Off: they may view, and are shown as present.
	NoViewers bool
	// Roles are roles of which a session must have one. Empty: it needs none.
	Roles []string

	// Connections is how many connections there may be. Further ones are closed with
	// engine.CloseTooMany, as for the next two limits. 20000.
	Connections int
	// ConnectionsPerIP is how many connections an address may have; all IPv6 addresses of a /64
	// count as one. 100.
	ConnectionsPerIP int
	// ConnectionsPerUser is how many connections a user may have. 10.
	ConnectionsPerUser int
	// HeldRefusals is how many connections there may be, beyond Connections, of clients that were
	// refused repeatedly and whose close is held back. One more is closed at once. 5000.
	HeldRefusals int
	// TrustedProxies are the peers whose headers X-Forwarded-For, X-Forwarded-Proto and Forwarded
	// are trusted. None.
	TrustedProxies []netip.Prefix
	// TLS makes the server speak TLS. nil: it does not, which is for loopback addresses and for
	// servers behind a proxy.
	TLS *tls.Config
	// RequireTLS refuses clients that have come to the server, or to a trusted proxy, without TLS:
	// their connections are closed with engine.CloseForbidden. Off.
	RequireTLS bool
	// AllowedOrigins are the origins of pages that may connect; connections of other pages are
	// closed with engine.CloseForbidden. Clients that are not browsers send no origin, and may
	// connect. Empty: any.
	AllowedOrigins []auth.Origin

	// MessagesPerSecond is how many messages a second a connection may send in the long run, in a
	// protocol that is protocol.Protocol.Native. 10.
	MessagesPerSecond int
	// MessageBurst is how many of these messages it may send at once. 50.
	MessageBurst int
	// YWebsocketMessagesPerSecond is MessagesPerSecond for y-websocket, in which each keystroke and
	// each move of the cursor is a message. 100.
	YWebsocketMessagesPerSecond int
	// YWebsocketBurst is MessageBurst for y-websocket. 500.
	YWebsocketBurst int
	// RatePatience is how long a connection may be throttled without a break before it is closed
	// with engine.CloseRateLimited. 10 s.
	RatePatience time.Duration
	// Unlimited is for development: it turns off the limits on handshakes, on connections by
	// address and user, and on rates. Off.
	Unlimited bool

	// Suspicious has the numbers of events from which on a client is reported as suspicious. See
	// package suspicious.
	Suspicious suspicious.Config

	// PingInterval is the time between two pings to a connection. 30 s.
	PingInterval time.Duration
	// PingAfter is the time without receiving anything, or without sending anything, after which a
	// ping is sent; negative: one is sent in every PingInterval. 20 s.
	PingAfter time.Duration
	// IdleTimeout is how long a connection may send nothing, not even pongs. 75 s.
	IdleTimeout time.Duration
	// StallTimeout is how long a connection may take no byte of a write. 30 s.
	StallTimeout time.Duration
	// CloseTimeout is how long a client may take to answer a close frame. 3 s.
	CloseTimeout time.Duration
	// DrainWait is the time of the shutdown in which the server is not ready and still admits
	// clients, so that load balancers notice. None.
	DrainWait time.Duration
	// DrainSpread is the time of the shutdown over which the closes of connections are spread, so
	// that their clients do not all come back at once; negative: they are closed at once. 1 ms for
	// each connection, up to 3 s; with SocketKept none.
	DrainSpread time.Duration
	// DrainTimeout limits the time of the shutdown, with DrainWait and DrainSpread. Updates are
	// stored, drafts and snapshots saved, in what these leave. 9 s, and DrainWait.
	DrainTimeout time.Duration
	// SocketKept says that the listening socket stays open in another process, so that clients wait
	// there for the next server: the shutdown stops accepting before it closes connections. Off.
	SocketKept bool

	// FirstConnection is below the ids of all connections, which ascend from it. Servers that are
	// administrated together have numbers that are far apart. 0.
	FirstConnection uint64

	// Elsewhere has the numbers of connections to other servers, which count for the limits by
	// address and by user. nil: there are no other servers.
	Elsewhere limit.Elsewhere
	// Owners makes the server one of several nodes: connections for rooms of other nodes are handed
	// on to those. nil: it serves all rooms.
	Owners Owners
	// Peers is how nodes speak with each other. It is used with Owners. Its Check is the server's.
	Peers handon.Config
	// HeldConnections is how many connections may wait for the owner of their room to be known or
	// reachable. Further ones are closed with engine.CloseUnavailable. 5000.
	HeldConnections int
	// HoldTimeout is how long such a connection waits before it is closed so. 15 s.
	HoldTimeout time.Duration

	// Events is where the server publishes what happens. nil: nowhere.
	Events *events.Hub
	// Metrics writes the answer of /metrics, in the Prometheus text format. nil: the metrics of the
	// server and of its engine.
	Metrics func(io.Writer)
	// BeforeDrain is called at a shutdown, after DrainWait and while connections are served, and
	// ends when its context is done: one of several nodes gives its rooms to others. HandOver does
	// not call it, as the clients come to the process that takes over. nil: nothing.
	BeforeDrain func(ctx context.Context)
	// Ready returns another reason for sending no clients here, nil if there is none; it returns at
	// once. nil: there is none.
	Ready func() error
	// Remark returns what /readyz says beside "ready", such as that memory is running out; empty
	// for nothing. May be nil.
	Remark func() string
	// NoMetrics serves no /metrics to clients. Off.
	NoMetrics bool
	// Build is the answer of /version to clients. nil: there is no such path.
	Build *api.Build
	// Playground serves a page on which one can type, at / (public.Handler). nil: there is none.
	Playground http.Handler
	// Programs answers requests of programs, below /v1/. nil: there are no such paths.
	Programs Programs
}

// DefaultDrainTimeout is Config.DrainTimeout by default, without Config.DrainWait.
const DefaultDrainTimeout = 9 * time.Second

// DefaultDocumentPath is Config.DocumentPath by default.
const DefaultDocumentPath = "/hocuspocus"

// DefaultUnfinishedBytes is Config.UnfinishedBytes by default.
const DefaultUnfinishedBytes = 256 << 20

// policy returns the demands on a session besides a valid token.
func (c *Config) policy() auth.Policy { return auth.Policy{Roles: c.Roles, NoViewers: c.NoViewers} }

// documentPath returns the path of WebSockets with several documents; empty if there are none.
func (c *Config) documentPath() string {
	if c.NoDocuments {
		return ""
	}
	return c.DocumentPath
}

// isDocumentPath reports whether path is that of WebSockets with several documents, or below it:
// clients of y-websocket that are given that path append the name of a room, and are told so.
func (c *Config) isDocumentPath(path string) bool {
	if c.NoDocuments {
		return false
	}
	if below(c.DocumentPath, path) {
		return true
	}
	rest, ok := trimPrefix(c.Path, path)
	return ok && below(c.DocumentPath, "/"+rest)
}

// below reports whether a path is another, or below it.
func below(prefix, path string) bool {
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

func (c Config) withDefaults() Config {
	c.Path = cmp.Or(c.Path, "/realtime")
	c.DocumentPath = cmp.Or(c.DocumentPath, DefaultDocumentPath)
	c.DocumentsPerConnection = cmp.Or(c.DocumentsPerConnection, 100)
	c.UnfinishedBytes = cmp.Or(c.UnfinishedBytes, DefaultUnfinishedBytes)
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
	c.HeldConnections = cmp.Or(c.HeldConnections, 5000)
	c.HoldTimeout = cmp.Or(c.HoldTimeout, 15*time.Second)
	c.MessagesPerSecond = cmp.Or(c.MessagesPerSecond, 10)
	c.MessageBurst = cmp.Or(c.MessageBurst, 50)
	c.YWebsocketMessagesPerSecond = cmp.Or(c.YWebsocketMessagesPerSecond, 100)
	c.YWebsocketBurst = cmp.Or(c.YWebsocketBurst, 500)
	c.RatePatience = cmp.Or(c.RatePatience, 10*time.Second)
	c.Suspicious = c.Suspicious.WithDefaults()
	c.PingInterval = cmp.Or(c.PingInterval, 30*time.Second)
	c.PingAfter = cmp.Or(c.PingAfter, 20*time.Second)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 75*time.Second)
	c.StallTimeout = cmp.Or(c.StallTimeout, 30*time.Second)
	c.CloseTimeout = cmp.Or(c.CloseTimeout, 3*time.Second)
	c.DrainTimeout = cmp.Or(c.DrainTimeout, DefaultDrainTimeout+c.DrainWait)
	return c
}
