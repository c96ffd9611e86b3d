package admin

import (
	"io"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

const (
	// DefaultConnections is the default of Config.Connections.
	DefaultConnections = 32
	// DefaultStreams is the default of Config.Streams.
	DefaultStreams = 8
)

// Config configures a Server. Functions and interfaces must be set.
type Config struct {
	// Token is needed for all requests but /healthz and /readyz. Empty: none is needed.
	Token string
	// Hosts are further names under which the listener is reached, in lower case and without
	// ports. Loopback names and the address that a connection has come to are always allowed.
	Hosts []string
	// Connections is how many connections there may be. DefaultConnections.
	Connections int
	// Streams is how many streams of events, and profiles being recorded, there may be together.
	// DefaultStreams.
	Streams int
	// Profile serves /v1/profile. Off.
	Profile bool

	Engine  Engine
	Clients Clients
	Events  Events
	// Build is the answer of /version.
	Build api.Build
	// Ready returns the reason for sending no clients to the server, nil if there is none.
	Ready func() error
	// Drain begins the shutdown of the program. It returns at once.
	Drain func()
	// Metrics writes the metrics of the process in the Prometheus text format.
	Metrics func(io.Writer)
}
