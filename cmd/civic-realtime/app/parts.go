package app

import (
	"cmp"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/playground"
)

// engineConfig returns the configuration of the engine.
func engineConfig(c Config) engine.Config {
	e := engine.Config{
		Window:              time.Duration(c.Batch.Window),
		Grace:               grace(c.Rooms.GracePeriodMS),
		NoJournal:           c.Durability == "off",
		JournalPatience:     time.Duration(c.Journal.Patience),
		SnapshotUpdates:     uint64(c.Snapshots.MaxUpdates),
		SnapshotInterval:    snapshotInterval(c.Snapshots.Interval),
		SnapshotMinInterval: time.Duration(c.Snapshots.MinInterval),
		Compression:         c.Snapshots.algorithm,
		QueueBytes:          int(c.Queue.MaxBytes),
		AwarenessClients:    int(c.Limits.AwarenessClients),
		AwarenessBytes:      int(c.Limits.AwarenessBytes),
		AwarenessPeerBytes:  int(c.Limits.AwarenessPeer),
		AwarenessRoomBytes:  int(c.Limits.AwarenessRoom),
		SignalBytes:         int(c.Limits.SignalBytes),
		StatelessBytes:      int(c.Limits.StatelessBytes),
		TrustPresence:       c.Presence.Identity == "trust",

		SnapshotWarnBytes:  int(c.Snapshots.WarnBytes),
		SnapshotKeptBytes:  int(c.Snapshots.KeptBytes),
		Rooms:              int(c.Rooms.MaxRooms),
		PeersPerRoom:       int(c.Rooms.MaxPeers),
		DocumentBytes:      int(c.Limits.DocumentBytes),
		DocumentWarnBytes:  int(c.Limits.DocumentWarn),
		DocumentSplitBytes: int(c.Limits.DocumentSplit),
		IntegrationSteps:   uint64(c.Limits.IntegrationSteps),
		NoAuthors:          off(c.Authors.Enabled),
		AuthorRuns:         int(c.Authors.MaxRuns),
		Locks:              int(c.Limits.Locks),
		Bans:               int(c.Limits.Bans),
		SnapshotKeep:       time.Duration(c.Snapshots.Keep),
		KeepUnowned:        time.Duration(c.Snapshots.Unowned),
		Schema:             c.Documents.schema,
		KeepHistory:        off(c.Documents.GC),
		SlowOperation:      time.Duration(c.Log.Slow),
	}
	c.Hocuspocus.engine(&e)
	c.Drafts.apply(&e)
	c.Hooks.apply(&e)
	c.announce(&e)
	c.apply(&e)
	return e
}

// grace returns engine.Config.Grace. A zero in the file becomes the shortest time, as the zero
// value stands for the default.
func grace(ms *yamlfile.Amount) time.Duration {
	if ms == nil {
		return 0
	}
	return max(1, times(int(*ms), time.Millisecond))
}

// snapshotInterval returns engine.Config.SnapshotInterval: engine.Never for a zero in the file;
// without the key zero, which stands for the default.
func snapshotInterval(seconds *yamlfile.Amount) time.Duration {
	switch {
	case seconds == nil:
		return 0
	case *seconds == 0:
		return engine.Never
	}
	return times(int(*seconds), time.Second)
}

// transportConfig returns the configuration of the transport.
func transportConfig(c Config) transport.Config {
	t := transport.Config{
		Path:                  c.Path,
		CloseCodes:            c.closeCodes,
		Disabled:              !c.enabled(),
		Compression:           c.Compression == "large",
		SniffTimeout:          time.Duration(c.SniffTimeout),
		Recheck:               time.Duration(c.Auth.Recheck),
		MaxStale:              time.Duration(cmp.Or(c.CivicPress.MaxStale, c.Hooks.MaxStale)),
		NoViewers:             c.Auth.Viewers == "reject",
		Roles:                 c.Auth.AllowedRoles,
		FrameBytes:            int(c.Limits.FrameBytes),
		Handshakes:            int(c.Limits.Handshakes),
		UnfinishedBytes:       int(c.Limits.UnfinishedBytes),
		MessageTimeout:        time.Duration(c.Limits.MessageTimeout),
		MessageBytesPerSecond: int(c.Limits.MessageRate),

		StallTimeout: time.Duration(c.Queue.StallTimeout),

		HandshakesPerIP:    int(c.Limits.HandshakesPerIP),
		HandshakeBurst:     int(c.Limits.HandshakeBurst),
		Connections:        int(c.Limits.Connections),
		ConnectionsPerIP:   int(c.RateLimiting.ConnectionsPerIP),
		ConnectionsPerUser: int(c.RateLimiting.ConnectionsPerUser),
		HeldRefusals:       int(c.Limits.HeldRefusals),
		HeldConnections:    int(c.Cluster.Held),
		HoldTimeout:        time.Duration(c.Cluster.HoldTimeout),
		TrustedProxies:     c.proxies,
		RequireTLS:         bool(c.RequireTLS),
		AllowedOrigins:     c.origins,
		MessagesPerSecond:  int(c.RateLimiting.MessagesPerSecond),
		MessageBurst:       int(c.RateLimiting.Burst),
		RatePatience:       time.Duration(c.RateLimiting.Patience),
		Unlimited:          c.dev,
		Suspicious:         c.Suspicious.transport(c.dev),

		YWebsocketMessagesPerSecond: int(c.RateLimiting.YWebsocketMessages),
		YWebsocketBurst:             int(c.RateLimiting.YWebsocketBurst),

		DocumentsPerConnection: int(c.Limits.Documents),

		NoMetrics: off(c.Metrics.Public),
	}
	c.Hocuspocus.transport(&t)
	if c.dev {
		t.Build = new(Build()) // strangers need not know it
		t.Playground = playground.Handler(playground.Page{Path: c.Path})
	}
	c.Drain.apply(&t)
	return t
}
