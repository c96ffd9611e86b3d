package app

import (
	"cmp"
	"log/slog"
	"net/netip"
	"path"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/transport"
)

// config is what the "realtime" section of the file says, and, once flags and
// environment are laid over it, what the server runs with. docs/configuration.md
// describes every key. What the file leaves out, or empty, is the default; counts
// and durations that are zero are left to the package they are for.
type Config struct {
	Enabled    *toggle `yaml:"enabled"`
	Host       string  `yaml:"host"`
	Port       *port   `yaml:"port"` // 0: any that is free
	Path       string  `yaml:"path"`
	DataDir    string  `yaml:"data_dir"`
	Durability string  `yaml:"durability"`

	Log struct {
		Format string `yaml:"format"`
		Level  string `yaml:"level"`

		Slow Duration `yaml:"slow_operation"`
	} `yaml:"log"`
	Auth struct {
		JWT          jwtConfig `yaml:"jwt"`
		Viewers      string    `yaml:"viewers"`
		AllowedRoles []string  `yaml:"allowed_roles"` // empty: any
		Recheck      Duration  `yaml:"recheck"`
	} `yaml:"auth"`
	CivicPress     civicpressConfig `yaml:"civicpress"`
	AllowedOrigins []string         `yaml:"allowed_origins"` // read into origins
	TrustedProxies []string         `yaml:"trusted_proxies"` // read into proxies
	SniffTimeout   Duration         `yaml:"sniff_timeout"`
	CloseCodes     string           `yaml:"close_codes"` // read into closeCodes
	Presence       struct {
		Identity string `yaml:"identity"`
	} `yaml:"presence"`

	Snapshot  *snapshots `yaml:"snapshot"`  // as the spec spells it
	Snapshots *snapshots `yaml:"snapshots"` // as the bundled service does
	Rooms     struct {
		GracePeriodMS  *amount `yaml:"grace_period_ms"`
		CleanupTimeout count   `yaml:"cleanup_timeout"` // seconds; CivicPress' name of snapshots.keep
		MaxRooms       count   `yaml:"max_rooms"`
		MaxPeers       count   `yaml:"max_peers"`
	} `yaml:"rooms"`
	Documents documentsConfig `yaml:"documents"`
	Drafts    draftsConfig    `yaml:"drafts"`
	Batch     struct {
		Window Duration `yaml:"window"`
	} `yaml:"batch"`
	Journal struct {
		Patience Duration `yaml:"patience"`
	} `yaml:"journal"`
	Queue struct {
		MaxBytes     count    `yaml:"max_bytes"`
		StallTimeout Duration `yaml:"stall_timeout"`
	} `yaml:"queue"`
	Limits struct {
		FrameBytes       count    `yaml:"frame_bytes"`
		UnfinishedBytes  count    `yaml:"unfinished_bytes"`
		MessageTimeout   Duration `yaml:"message_timeout"`
		MessageRate      count    `yaml:"message_bytes_per_second"`
		AwarenessBytes   count    `yaml:"awareness_bytes"`
		AwarenessPeer    count    `yaml:"awareness_connection_bytes"`
		AwarenessRoom    count    `yaml:"awareness_room_bytes"`
		AwarenessClients count    `yaml:"awareness_clients"`
		SignalBytes      count    `yaml:"signal_bytes"`
		InvalidMessages  count    `yaml:"invalid_messages"`
		Handshakes       count    `yaml:"handshakes"`
		HandshakesPerIP  count    `yaml:"handshakes_per_ip"` // a second
		HandshakeBurst   count    `yaml:"handshake_burst"`
		Connections      count    `yaml:"connections"`
		HeldRefusals     count    `yaml:"held_refusals"`
		UpdateBytes      count    `yaml:"update_bytes"`
		DocumentBytes    count    `yaml:"document_bytes"`
		DocumentWarn     count    `yaml:"document_warn_bytes"`
		DocumentSplit    count    `yaml:"document_split_bytes"`
		IntegrationSteps count    `yaml:"integration_steps"`
	} `yaml:"limits"`
	RateLimiting struct {
		MessagesPerSecond  count    `yaml:"messages_per_second"`
		Burst              count    `yaml:"burst"`
		YWebsocketMessages count    `yaml:"y_websocket_messages_per_second"`
		YWebsocketBurst    count    `yaml:"y_websocket_burst"`
		Patience           Duration `yaml:"patience"`
		ConnectionsPerIP   count    `yaml:"connections_per_ip"`
		ConnectionsPerUser count    `yaml:"connections_per_user"`
	} `yaml:"rate_limiting"`
	Redis struct {
		Enabled toggle `yaml:"enabled"`
		URL     string `yaml:"url"`
	} `yaml:"redis"`

	features features
	remarks  []string // on the files that it was read from
	logLevel slog.Level
	dev      bool // by flag or environment only, so that no file turns authentication off
	origins  []transport.Origin
	proxies  []netip.Prefix

	closeCodes transport.CloseCodes
}

type snapshots struct {
	Enabled     *toggle  `yaml:"enabled"`
	Interval    *amount  `yaml:"interval"` // seconds; 0: however long a change goes without one
	MaxUpdates  count    `yaml:"max_updates"`
	MinInterval Duration `yaml:"min_interval"`

	Algorithm string   `yaml:"algorithm"`
	WarnBytes count    `yaml:"warn_bytes"`
	KeptBytes count    `yaml:"kept_bytes"`
	Keep      Duration `yaml:"keep"`
	Unowned   Duration `yaml:"keep_unowned"` // 0: for ever

	Versions        count    `yaml:"versions"`
	VersionInterval Duration `yaml:"version_interval"`

	algorithm snapshot.Algorithm
}

// complete fills in the defaults. An empty host is one too: a server that is open
// to the network must have been told so.
func (c *Config) complete() {
	c.Enabled = cmp.Or(c.Enabled, new(toggle(true)))
	c.Host = cmp.Or(c.Host, "127.0.0.1")
	c.Port = cmp.Or(c.Port, new(port(3001)))
	c.Path = path.Clean("/" + cmp.Or(c.Path, "realtime"))
	c.DataDir = cmp.Or(c.DataDir, "data")
	c.Durability = cmp.Or(c.Durability, "sync")
	c.Presence.Identity = cmp.Or(c.Presence.Identity, "enforce")
	c.Log.Format = cmp.Or(c.Log.Format, "text")
	c.Log.Level = cmp.Or(c.Log.Level, "info")
	c.Snapshot = cmp.Or(c.Snapshot, c.Snapshots, new(snapshots))
	c.Snapshot.Keep = cmp.Or(c.Snapshot.Keep, Duration(times(int(c.Rooms.CleanupTimeout), time.Second)))
}

// enabled says whether anybody is served. It is called once c is complete.
func (c *Config) enabled() bool { return bool(*c.Enabled) }

// Compression returns the algorithm that snapshots are compressed with.
func (c *Config) Compression() snapshot.Algorithm { return c.Snapshot.algorithm }
