package admin

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/console"
	"github.com/civicpress/civic-realtime/transport/admin/history"
)

const (
	// DefaultConnections is the default of Config.Connections.
	DefaultConnections = 32
	// DefaultStreams is the default of Config.Streams.
	DefaultStreams = 16
	// DefaultSessionTime is the default of Config.SessionTime.
	DefaultSessionTime = 12 * time.Hour
	// DefaultSessionIdle is the default of Config.SessionIdle.
	DefaultSessionIdle = time.Hour
	// DefaultSessions is the default of Config.Sessions.
	DefaultSessions = 100
	// DefaultReaders is the default of Config.Readers.
	DefaultReaders = 4
)

// Settings are the part of Config that may change while the server serves.
type Settings struct {
	// Token is needed for all requests but /healthz and /readyz. Empty: none is needed.
	Token string
	// Hosts are further names under which the listener is reached, in lower case and without
	// ports. Loopback names and the address that a connection has come to are always allowed.
	Hosts []string
	// Connections is how many connections there may be. DefaultConnections.
	Connections int
	// Streams is how many streams of events and samples, and profiles being recorded, there may be
	// together. A page of the console has two. DefaultStreams.
	Streams int
	// Readers is how many documents may be compared, or read as a tree or with their authors, at a
	// time. DefaultReaders.
	Readers int
	// Profile serves /v1/profile. Off.
	Profile bool
	// Console serves the console. Off.
	Console bool
	// SessionTime is how long a session of the console lasts at most. DefaultSessionTime.
	SessionTime time.Duration
	// SessionIdle is how long a session lasts without a request. DefaultSessionIdle.
	SessionIdle time.Duration
	// Sessions is how many sessions there may be; the oldest ends for a new one. DefaultSessions.
	Sessions int
}

func (s Settings) withDefaults() Settings {
	s.Connections = cmp.Or(s.Connections, DefaultConnections)
	s.Streams = cmp.Or(s.Streams, DefaultStreams)
	s.SessionTime = cmp.Or(s.SessionTime, DefaultSessionTime)
	s.SessionIdle = cmp.Or(s.SessionIdle, DefaultSessionIdle)
	s.Sessions = cmp.Or(s.Sessions, DefaultSessions)
	s.Readers = cmp.Or(s.Readers, DefaultReaders)
	return s
}

// sessions returns the limits of sessions.
func (s Settings) sessions() console.Limits {
	return console.Limits{Lifetime: s.SessionTime, Idle: s.SessionIdle, Most: s.Sessions}
}

// Config configures a Server. Functions and interfaces must be set.
type Config struct {
	Settings

	Engine  Engine
	Clients Clients
	Events  Events
	// Webhooks are the events for other programs.
	Webhooks Webhooks
	// Nodes are the servers that answer together with this one. nil: it is alone.
	Nodes Nodes
	// Build is the answer of /version.
	Build api.Build
	// Ready returns the reason for sending no clients to the server, nil if there is none.
	Ready func() error
	Logs  Logs
	// Reload reads the configuration again, for the administrator with that name. If anything in it
	// is wrong it changes nothing, and its error says what.
	Reload func(ctx context.Context, by string) (api.Reloaded, error)
	// Configuration returns the configuration that is in effect, without any secret.
	Configuration func() api.Configuration
	// Document returns a version of a room, or with id 0 its present document, in one of the
	// formats yjs, snapshot, markdown, text and json. Its errors are those of
	// engine.Engine.ReadVersion, and view.ErrBudget.
	Document func(ctx context.Context, key roomkey.Key, id uint64, format string) (Document, error)
	// Tree returns a version of a room, or with id 0 its present document, as a tree: of one root
	// if it is named. Its errors are those of Document, and contents.ShapeError.
	Tree func(
		ctx context.Context, key roomkey.Key, id uint64, root string, limits contents.TreeLimits,
	) (contents.Tree, error)
	// Backup writes a backup of the store to w, which may be slow. Its error may be
	// ErrBackupRunning. Nil: there is none.
	Backup func(ctx context.Context, w io.Writer) error
	// Drain begins the shutdown of the program, for the administrator with that name. It returns at
	// once.
	Drain func(by string)
	// Playground serves the paths below /console/playground/, for signed-in requests only. It is
	// given the whole path, and neither cookies nor tokens. A connection that it takes over
	// (http.Hijacker) counts as one of the listener until it is closed, and is closed when the
	// session or the server ends. nil: there is none.
	Playground http.Handler
	// Audit is told about each call of a path below /v1, each sign-in and sign-out, and each
	// request that is refused, when it is answered. It returns at once. nil: nobody is told.
	Audit func(Call)
	// Totals returns what the server has counted. It is called every two seconds at most, and more
	// often only when somebody asks.
	Totals func() history.Totals
	// Metrics writes the metrics of the process in the Prometheus text format.
	Metrics func(io.Writer)
	// Remark returns what /readyz says beside "ready", empty for nothing. May be nil.
	Remark func() string
}

// Call is a request, for the audit trail. It has neither the token, nor the query, nor the body.
type Call struct {
	By      string // the name of the session or in NameHeader, or a general one; it proves nothing
	Remote  string // address and port of the client
	Method  string
	Route   string // with names in the place of the segments that vary; empty: there is none
	Room    string // of the path, if there is one
	User    string // likewise
	Status  int
	Refused bool // nobody has shown that the request is an administrator's
}
