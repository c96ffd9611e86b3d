package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport"
)

// config is what the "realtime" section of the file says, and, once flags and
// environment are laid over it, what the server runs with. docs/configuration.md
// describes every key. What the file leaves out, or empty, is the default; counts
// and durations that are zero are left to the package they are for.
type config struct {
	Enabled    *toggle `yaml:"enabled"`
	Host       string  `yaml:"host"`
	Port       *port   `yaml:"port"` // 0: any that is free
	Path       string  `yaml:"path"`
	DataDir    string  `yaml:"data_dir"`
	Durability string  `yaml:"durability"`

	Log struct {
		Format string `yaml:"format"`
		Level  string `yaml:"level"`

		Slow duration `yaml:"slow_operation"`
	} `yaml:"log"`
	Auth struct {
		JWT          jwtConfig `yaml:"jwt"`
		Viewers      string    `yaml:"viewers"`
		AllowedRoles []string  `yaml:"allowed_roles"` // empty: any
		Recheck      duration  `yaml:"recheck"`
	} `yaml:"auth"`
	CivicPress     civicpressConfig `yaml:"civicpress"`
	AllowedOrigins []string         `yaml:"allowed_origins"` // read into origins
	TrustedProxies []string         `yaml:"trusted_proxies"` // read into proxies
	SniffTimeout   duration         `yaml:"sniff_timeout"`
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
		Window duration `yaml:"window"`
	} `yaml:"batch"`
	Journal struct {
		Patience duration `yaml:"patience"`
	} `yaml:"journal"`
	Queue struct {
		MaxBytes     count    `yaml:"max_bytes"`
		StallTimeout duration `yaml:"stall_timeout"`
	} `yaml:"queue"`
	Limits struct {
		FrameBytes       count    `yaml:"frame_bytes"`
		UnfinishedBytes  count    `yaml:"unfinished_bytes"`
		MessageTimeout   duration `yaml:"message_timeout"`
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
		Patience           duration `yaml:"patience"`
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
	logs     *logSink // what the log is written through; nil: by who logs
	dev      bool     // by flag or environment only, so that no file turns authentication off
	origins  []transport.Origin
	proxies  []netip.Prefix

	closeCodes transport.CloseCodes
}

type snapshots struct {
	Enabled     *toggle  `yaml:"enabled"`
	Interval    *amount  `yaml:"interval"` // seconds; 0: however long a change goes without one
	MaxUpdates  count    `yaml:"max_updates"`
	MinInterval duration `yaml:"min_interval"`

	Algorithm string   `yaml:"algorithm"`
	WarnBytes count    `yaml:"warn_bytes"`
	KeptBytes count    `yaml:"kept_bytes"`
	Keep      duration `yaml:"keep"`
	Unowned   duration `yaml:"keep_unowned"` // 0: for ever

	Versions        count    `yaml:"versions"`
	VersionInterval duration `yaml:"version_interval"`

	algorithm snapshot.Algorithm
}

// complete fills in the defaults. An empty host is one too: a server that is open
// to the network must have been told so.
func (c *config) complete() {
	c.Enabled = cmp.Or(c.Enabled, new(toggle(true)))
	c.Host = cmp.Or(c.Host, "127.0.0.1")
	c.Port = cmp.Or(c.Port, new(port(3001)))
	c.Path = path.Clean("/" + cmp.Or(c.Path, "realtime"))
	c.DataDir = cmp.Or(c.DataDir, "data")
	c.Durability = cmp.Or(c.Durability, "sync")
	c.Auth.Viewers = cmp.Or(c.Auth.Viewers, "admit")
	c.Presence.Identity = cmp.Or(c.Presence.Identity, "enforce")
	c.Log.Format = cmp.Or(c.Log.Format, "text")
	c.Log.Level = cmp.Or(c.Log.Level, "info")
	c.Snapshot = cmp.Or(c.Snapshot, c.Snapshots, new(snapshots))
	c.Snapshot.Keep = cmp.Or(c.Snapshot.Keep, duration(times(int(c.Rooms.CleanupTimeout), time.Second)))
}

// check says all that is wrong with c.
func (c *config) check() error {
	return errors.Join(
		c.checkWords(),
		c.checkNumbers(),
		c.readCloseCodes(),
		c.readLists(),
		c.Documents.read(),
		c.CivicPress.read(time.Duration(c.Auth.Recheck)),
		c.Auth.JWT.read(),
		c.checkTogether())
}

// checkWords checks what has to be one of a few words.
func (c *config) checkWords() (err error) {
	for _, word := range []struct {
		key, said string
		known     []string
	}{
		{"durability", c.Durability, []string{"sync", "async", "off"}},
		{"auth.viewers", c.Auth.Viewers, []string{"admit", "reject"}},
		{"presence.identity", c.Presence.Identity, []string{"enforce", "trust"}},
		{"log.format", c.Log.Format, []string{"text", "json"}},
	} {
		if !slices.Contains(word.known, word.said) {
			err = errors.Join(err, fmt.Errorf("%s: %q is none of %s", word.key, word.said, strings.Join(word.known, ", ")))
		}
	}
	if c.logLevel.UnmarshalText([]byte(c.Log.Level)) != nil {
		err = errors.Join(err, fmt.Errorf("log.level: %q is none of debug, info, warn, error", c.Log.Level))
	}
	if c.Snapshot.algorithm.UnmarshalText([]byte(cmp.Or(c.Snapshot.Algorithm, "zstd"))) != nil {
		err = errors.Join(err, fmt.Errorf("snapshot.algorithm: %q is none of zstd, gzip, none", c.Snapshot.Algorithm))
	}
	return err
}

// checkNumbers checks numbers, and what else is wrong by itself.
func (c *config) checkNumbers() (err error) {
	if c.Path == "/" {
		err = errors.Join(err, errors.New("path: must not be /"))
	}
	if slices.Contains(c.Auth.AllowedRoles, "") {
		err = errors.Join(err, errors.New("auth.allowed_roles: a role must not be empty"))
	}
	if c.Limits.DocumentWarn > c.documentBytes() {
		err = errors.Join(err, errors.New("limits.document_warn_bytes: must not be above limits.document_bytes"))
	}
	if c.Redis.Enabled {
		err = errors.Join(err, errors.New("redis.enabled: several servers cannot share rooms yet; they would keep one copy of each record apiece"))
	}
	return err
}

// checkTogether checks what must not be said together.
func (c *config) checkTogether() (err error) {
	if c.Snapshots != nil && c.Snapshots != c.Snapshot {
		err = errors.New("snapshot and snapshots are the same: keep one")
	}
	if c.CivicPress.URL != "" && c.CivicPress.Token == "" && len(c.Auth.JWT.keys) > 0 {
		err = errors.Join(err, errJWTNeedsToken)
	}
	return err
}

// readCloseCodes reads close_codes. The default depends on CivicPress' URL, which a flag may set.
func (c *config) readCloseCodes() error {
	switch {
	case c.CloseCodes == "" && c.CivicPress.URL != "":
		c.CloseCodes = "civicpress"
	case c.CloseCodes == "":
		c.CloseCodes = "standard"
	}
	if err := c.closeCodes.UnmarshalText([]byte(c.CloseCodes)); err != nil {
		return fmt.Errorf("close_codes: %w", err)
	}
	return nil
}

// errJWTNeedsToken: a record that began empty for want of its text would be saved over that.
var errJWTNeedsToken = errors.New("civicpress.token: is missing; bearers of JWTs have no session of CivicPress', so their records are loaded and saved with this token")

// warnings lists what of c does not do what its author may expect.
func (c *config) warnings() (w []string) {
	w = c.remarks
	if s := c.Auth.JWT.Secret; s != "" && len(s) < 32 && !c.dev {
		w = append(w, "auth.jwt.secret has fewer than 32 bytes: it can be guessed from a token")
	}
	if c.dev && c.CivicPress.URL != "" {
		w = append(w, "civicpress.url has no effect: in development mode everybody is let in, and records begin empty")
	}
	if c.Rooms.CleanupTimeout != 0 && c.CivicPress.URL == "" {
		w = append(w, "rooms.cleanup_timeout has no effect: without civicpress.url rooms stay for snapshots.keep_unowned")
	}
	if c.snapshotsOff() && c.Durability == "off" {
		w = append(w, "durability: off, and no snapshots: what is written is stored when its room is unloaded, and not before")
	}
	return append(w, c.limitWarnings()...)
}

// documentBytes is the largest document.
func (c *config) documentBytes() count {
	return cmp.Or(c.Limits.DocumentBytes, engine.DefaultDocumentBytes)
}

// limitWarnings lists limits that are not those they seem to be.
func (c *config) limitWarnings() (w []string) {
	if least := engine.MessageBytes(int(c.documentBytes())); c.Limits.FrameBytes != 0 && int(c.Limits.FrameBytes) < least {
		w = append(w, fmt.Sprintf("limits.frame_bytes: below %d a client may be unable to send a document that limits.document_bytes allows", least))
	}
	if c.Limits.UpdateBytes != 0 {
		w = append(w, "limits.update_bytes has no effect: an update may be as long as limits.document_bytes allows")
	}
	if c.Limits.InvalidMessages != 0 {
		w = append(w, "limits.invalid_messages has no effect: a malformed message counts as ten against the rate, and closes no connection by itself")
	}
	return w
}

// setListen takes host and port from what --listen says.
func (c *config) setListen(address string) error {
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	var p port
	if wants := p.parse(number); wants != "" {
		return fmt.Errorf("--listen: %q is not %s", number, wants)
	}
	c.Host, *c.Port = host, p
	return nil
}

// address resolves where to listen. Development mode is for this machine alone.
func (c *config) address() (*net.TCPAddr, error) {
	a, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(c.Host, strconv.Itoa(int(*c.Port))))
	if err != nil {
		return nil, err
	}
	if c.dev && !a.IP.IsLoopback() {
		return nil, fmt.Errorf("--dev lets everybody in, so it listens on loopback addresses only, such as 127.0.0.1, and not on %q", c.Host)
	}
	return a, nil
}

// enabled says whether anybody is served. It is called once c is complete.
func (c *config) enabled() bool { return bool(*c.Enabled) }
