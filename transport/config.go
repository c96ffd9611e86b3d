package transport

import (
	"cmp"
	"time"
)

// Config tunes a Server. The zero value is ready: every field that is zero has
// the default its comment names.
type Config struct {
	// Path is what the paths of WebSockets begin with, without a slash at its end. "/realtime".
	Path string
	// Disabled closes every WebSocket at once with engine.CloseUnavailable. Off.
	Disabled bool

	// FrameBytes is the longest message a client may send, in bytes; a longer one closes its connection with 1009. 4 MiB.
	FrameBytes int
	// Handshakes is how many connections may be between TCP's handshake and
	// WebSocket's; further ones wait in the kernel's backlog. 1024.
	Handshakes int
	// HandshakeTimeout is how long a client may take to send its request. 5 s.
	HandshakeTimeout time.Duration
	// JoinTimeout bounds how long a token may be checked and a room loaded. 30 s.
	JoinTimeout time.Duration

	// SniffTimeout is how long a client that has named no protocol may be silent
	// before it is taken for one of the JSON protocol that waits. 150 ms.
	SniffTimeout time.Duration

	// NoViewers refuses who may not edit. Off: they may look and be seen.
	NoViewers bool
	// Roles are those of which a token must have one. Any.
	Roles []string

	// PingInterval is the time between two pings to a connection. 30 s.
	PingInterval time.Duration
	// IdleTimeout is how long a connection may send nothing, not even pongs. 75 s.
	IdleTimeout time.Duration
	// StallTimeout is how long a connection may take none of what is written to it. 30 s.
	StallTimeout time.Duration
	// CloseTimeout is how long a client has to answer a close frame. 3 s.
	CloseTimeout time.Duration
	// DrainTimeout bounds the shutdown. 9 s.
	DrainTimeout time.Duration

	// Build is what /version tells. Empty.
	Build Build
}

// Build names the program that runs.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go,omitempty"`
}

func (c Config) withDefaults() Config {
	c.Path = cmp.Or(c.Path, "/realtime")
	c.FrameBytes = cmp.Or(c.FrameBytes, 4<<20)
	c.Handshakes = cmp.Or(c.Handshakes, 1024)
	c.HandshakeTimeout = cmp.Or(c.HandshakeTimeout, 5*time.Second)
	c.JoinTimeout = cmp.Or(c.JoinTimeout, 30*time.Second)
	c.SniffTimeout = cmp.Or(c.SniffTimeout, 150*time.Millisecond)
	c.PingInterval = cmp.Or(c.PingInterval, 30*time.Second)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 75*time.Second)
	c.StallTimeout = cmp.Or(c.StallTimeout, 30*time.Second)
	c.CloseTimeout = cmp.Or(c.CloseTimeout, 3*time.Second)
	c.DrainTimeout = cmp.Or(c.DrainTimeout, 9*time.Second)
	return c
}
