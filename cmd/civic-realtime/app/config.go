package app

import (
	"cmp"
	"net/netip"
	"path"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/settings"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/webhooks"
)

// Config is the "realtime" section of the configuration file, overridden by environment and flags
// (Flags.Load). docs/configuration.md describes every key. A key that is absent or empty has its
// default; counts and durations that are zero get theirs in the package that uses them.
type Config struct {
	Enabled    *yamlfile.Toggle `yaml:"enabled"`
	Host       string           `yaml:"host"`
	Port       *yamlfile.Port   `yaml:"port"` // 0: any that is free
	Path       string           `yaml:"path"`
	DataDir    string           `yaml:"data_dir"`
	Durability string           `yaml:"durability"`

	Compression string `yaml:"compression"` // of messages

	Log  logConfig `yaml:"log"`
	Auth struct {
		JWT          jwtConfig         `yaml:"jwt"`
		Viewers      string            `yaml:"viewers"`
		AllowedRoles []string          `yaml:"allowed_roles"` // empty: any
		Recheck      yamlfile.Duration `yaml:"recheck"`
		MaxTokenAge  yamlfile.Duration `yaml:"max_token_age"`

		AdminPermission string `yaml:"admin_permission"`
	} `yaml:"auth"`
	Admin          adminConfig       `yaml:"admin"`
	API            apiConfig         `yaml:"api"`
	Metrics        metricsConfig     `yaml:"metrics"`
	Drain          drainConfig       `yaml:"drain"`
	TLS            publicTLS         `yaml:"tls"`
	RequireTLS     yamlfile.Toggle   `yaml:"require_tls"`
	Memory         memoryConfig      `yaml:"memory"`
	CivicPress     civicpressConfig  `yaml:"civicpress"`
	Hooks          hooksConfig       `yaml:"hooks"`
	AllowedOrigins []string          `yaml:"allowed_origins"` // read into origins
	TrustedProxies []string          `yaml:"trusted_proxies"` // read into proxies
	SniffTimeout   yamlfile.Duration `yaml:"sniff_timeout"`
	CloseCodes     string            `yaml:"close_codes"` // read into closeCodes
	Hocuspocus     hocuspocusConfig  `yaml:"hocuspocus"`
	Presence       struct {
		Identity string `yaml:"identity"`
	} `yaml:"presence"`

	Snapshots snapshots `yaml:"snapshots" alias:"snapshot"` // the spec's spelling
	Rooms     struct {
		GracePeriodMS  *yamlfile.Amount `yaml:"grace_period_ms"`
		CleanupTimeout yamlfile.Count   `yaml:"cleanup_timeout"` // seconds; CivicPress' name of snapshots.keep
		MaxRooms       yamlfile.Count   `yaml:"max_rooms"`
		MaxPeers       yamlfile.Count   `yaml:"max_peers"`
	} `yaml:"rooms"`
	Documents documentsConfig `yaml:"documents"`
	Drafts    draftsConfig    `yaml:"drafts"`
	Batch     struct {
		Window yamlfile.Duration `yaml:"window"`
	} `yaml:"batch"`
	Journal struct {
		Patience yamlfile.Duration `yaml:"patience"`
	} `yaml:"journal"`
	Queue struct {
		MaxBytes     yamlfile.Count    `yaml:"max_bytes"`
		StallTimeout yamlfile.Duration `yaml:"stall_timeout"`
	} `yaml:"queue"`
	Limits struct {
		FrameBytes       yamlfile.Count    `yaml:"frame_bytes"`
		UnfinishedBytes  yamlfile.Count    `yaml:"unfinished_bytes"`
		MessageTimeout   yamlfile.Duration `yaml:"message_timeout"`
		MessageRate      yamlfile.Count    `yaml:"message_bytes_per_second"`
		AwarenessBytes   yamlfile.Count    `yaml:"awareness_bytes"`
		AwarenessPeer    yamlfile.Count    `yaml:"awareness_connection_bytes"`
		AwarenessRoom    yamlfile.Count    `yaml:"awareness_room_bytes"`
		AwarenessClients yamlfile.Count    `yaml:"awareness_clients"`
		SignalBytes      yamlfile.Count    `yaml:"signal_bytes"`
		StatelessBytes   yamlfile.Count    `yaml:"stateless_bytes"`
		Documents        yamlfile.Count    `yaml:"documents_per_connection"`
		InvalidMessages  yamlfile.Count    `yaml:"invalid_messages"`
		Handshakes       yamlfile.Count    `yaml:"handshakes"`
		HandshakesPerIP  yamlfile.Count    `yaml:"handshakes_per_ip"` // a second
		HandshakeBurst   yamlfile.Count    `yaml:"handshake_burst"`
		Connections      yamlfile.Count    `yaml:"connections"`
		HeldRefusals     yamlfile.Count    `yaml:"held_refusals"`
		UpdateBytes      yamlfile.Count    `yaml:"update_bytes"`
		DocumentBytes    yamlfile.Count    `yaml:"document_bytes"`
		DocumentWarn     yamlfile.Count    `yaml:"document_warn_bytes"`
		DocumentSplit    yamlfile.Count    `yaml:"document_split_bytes"`
		IntegrationSteps yamlfile.Count    `yaml:"integration_steps"`
		Locks            yamlfile.Count    `yaml:"locks"`
		Bans             yamlfile.Count    `yaml:"bans"`
	} `yaml:"limits"`
	RateLimiting struct {
		MessagesPerSecond  yamlfile.Count    `yaml:"messages_per_second"`
		Burst              yamlfile.Count    `yaml:"burst"`
		YWebsocketMessages yamlfile.Count    `yaml:"y_websocket_messages_per_second"`
		YWebsocketBurst    yamlfile.Count    `yaml:"y_websocket_burst"`
		Patience           yamlfile.Duration `yaml:"patience"`
		ConnectionsPerIP   yamlfile.Count    `yaml:"connections_per_ip"`
		ConnectionsPerUser yamlfile.Count    `yaml:"connections_per_user"`
	} `yaml:"rate_limiting"`
	Suspicious suspiciousConfig `yaml:"suspicious"`
	Authors    authorsConfig    `yaml:"authors"`
	Trail      auditConfig      `yaml:"audit"`
	Redis      redisConfig      `yaml:"redis"`
	Webhooks   webhookList      `yaml:"webhooks" secret:"true"` // read into endpoints
	Delivery   deliveryConfig   `yaml:"webhook_delivery"`
	Cluster    clusterConfig    `yaml:"cluster"`

	sources  *settings.Settings // the origins of all values
	again    func() Config      // reads the sources again, without finish
	read     *Config            // as it was read, without finish
	features features
	dev      bool // by flag or environment only, so that no file turns authentication off
	takeover bool // by flag or environment only
	origins  []auth.Origin
	proxies  []netip.Prefix

	endpoints []webhooks.Endpoint

	closeCodes transport.CloseCodes
}

type snapshots struct {
	Enabled     *yamlfile.Toggle  `yaml:"enabled"`
	Interval    *yamlfile.Amount  `yaml:"interval"` // seconds; 0: none by time
	MaxUpdates  yamlfile.Count    `yaml:"max_updates"`
	MinInterval yamlfile.Duration `yaml:"min_interval"`

	Algorithm string            `yaml:"algorithm"`
	WarnBytes yamlfile.Count    `yaml:"warn_bytes"`
	KeptBytes yamlfile.Count    `yaml:"kept_bytes"`
	Keep      yamlfile.Duration `yaml:"keep"`
	Unowned   yamlfile.Duration `yaml:"keep_unowned"` // 0: for ever

	Versions        yamlfile.Count    `yaml:"versions"`
	VersionInterval yamlfile.Duration `yaml:"version_interval"`
	VersionsMaxAge  yamlfile.Duration `yaml:"versions_max_age"` // 0: they stay
	VersionsBytes   yamlfile.Count    `yaml:"versions_bytes"`   // 0: any size
	VersionsNamed   yamlfile.Count    `yaml:"versions_named"`

	algorithm snapshot.Algorithm
}

// complete sets the defaults, also for an empty host: a server is not open to the network unless
// the configuration says so.
func (c *Config) complete() {
	c.Enabled = cmp.Or(c.Enabled, new(yamlfile.Toggle(true)))
	if c.sources.Origin("host").From <= settings.File { // --listen :3001 is for all addresses
		c.Host = cmp.Or(c.Host, "127.0.0.1")
	}
	c.Port = cmp.Or(c.Port, new(yamlfile.Port(3001)))
	c.Path = path.Clean("/" + cmp.Or(c.Path, "realtime"))
	c.DataDir = cmp.Or(c.DataDir, "data")
	c.Durability = cmp.Or(c.Durability, "sync")
	c.Compression = cmp.Or(c.Compression, "off")
	c.Presence.Identity = cmp.Or(c.Presence.Identity, "enforce")
	c.Log.Format = cmp.Or(c.Log.Format, "auto")
	cleanup := times(int(c.Rooms.CleanupTimeout), time.Second)
	c.Snapshots.Keep = cmp.Or(c.Snapshots.Keep, yamlfile.Duration(cleanup))
}

// enabled reports whether clients are served; complete must have been called.
func (c *Config) enabled() bool { return bool(*c.Enabled) }
