package sandbox

import (
	"cmp"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport"
)

// Config configures a Sandbox. A field that is zero has the default that its comment ends with.
type Config struct {
	// Connections is how many WebSockets there may be; each page has two. 16.
	Connections int
	// Rooms is how many documents may be open. 20.
	Rooms int
	// DocumentBytes is the size of the largest document, in bytes. 1 MiB.
	DocumentBytes int
	// Idle is how long nobody must have been connected before everything is deleted. 5 min.
	Idle time.Duration
}

func (c Config) withDefaults() Config {
	c.Connections = cmp.Or(c.Connections, 16)
	c.Rooms = cmp.Or(c.Rooms, 20)
	c.DocumentBytes = cmp.Or(c.DocumentBytes, 1<<20)
	c.Idle = cmp.Or(c.Idle, 5*time.Minute)
	return c
}

// looks is how many looks must have found nobody. So Idle is kept to within a part of it.
const looks = 5

// look is the time between two looks.
func (c Config) look() time.Duration { return max(1, c.Idle/looks) }

// engine returns the configuration of an engine. Snapshots are not kept, so it would be a waste to
// compress them.
func (c Config) engine() engine.Config {
	return engine.Config{
		Rooms: c.Rooms, PeersPerRoom: c.Connections, DocumentBytes: c.DocumentBytes,
		Grace: c.Idle, MaxDocument: 4 * c.DocumentBytes, SnapshotKeptBytes: -1, NoAuthors: true,
		Compression: snapshot.Raw,
	}
}

// endTimeout is how long it may take to close all connections.
const endTimeout = 3 * time.Second

// transport returns the configuration of a server of WebSockets whose paths have a prefix. The
// pages come from addresses of administrators, which are not limited one by one.
func (c Config) transport(path string) transport.Config {
	return transport.Config{
		Path: path, NoDocuments: true, NoMetrics: true,
		Connections: c.Connections, ConnectionsPerIP: c.Connections,
		HandshakesPerIP: 2, HandshakeBurst: 2 * c.Connections,
		UnfinishedBytes: 4 * engine.MessageBytes(c.DocumentBytes),
		CloseTimeout:    time.Second, DrainSpread: -1, DrainTimeout: endTimeout,
	}
}
