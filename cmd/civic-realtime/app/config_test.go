package app

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// parse returns the configuration of a file, with the command line args and the environment.
func parse(t *testing.T, file string, args ...string) (Config, error) {
	t.Helper()
	var c struct {
		Serve Flags `cmd:""`
	}
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if file != "" {
		args = append(args, "--config", write(t, "realtime.yml", file))
	}
	if _, err := parser.Parse(append([]string{"serve"}, args...)); err != nil {
		t.Fatal(err)
	}
	return c.Serve.Load()
}

// TestPrecedence shows that a flag overrides the environment, which overrides the file.
func TestPrecedence(t *testing.T) {
	const file = "realtime: {host: 127.0.0.2, port: 2, data_dir: file, durability: async, log: {level: error}}"
	for _, test := range []struct {
		name      string
		file      string
		env, args []string
		want      string
	}{
		{"defaults", "", nil, nil, "127.0.0.1:3001 data sync "},
		{"nothing in the file", "realtime:\n", nil, nil, "127.0.0.1:3001 data sync "},
		{"nothing behind the keys", "realtime:\n  host:\n  port:\n  enabled:\n  log:\n", nil, nil, "127.0.0.1:3001 data sync "},
		{"file", file, nil, nil, "127.0.0.2:2 file async error"},
		{"environment", file, []string{"LISTEN=127.0.0.3:3", "DATA_DIR=env", "DURABILITY=off", "LOG_LEVEL=warn"}, nil, "127.0.0.3:3 env off warn"},
		{"flags", file, []string{"LISTEN=127.0.0.3:3", "DATA_DIR=env", "DURABILITY=off", "LOG_LEVEL=warn"},
			[]string{"--listen", "127.0.0.4:0", "--data-dir", "flag", "--durability", "sync", "--log-level", "debug"}, "127.0.0.4:0 flag sync debug"},
		{"some of each", file, []string{"LISTEN=127.0.0.3:3"}, []string{"--data-dir", "flag"}, "127.0.0.3:3 flag async error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, e := range test.env {
				key, value, _ := strings.Cut(e, "=")
				t.Setenv("CIVIC_REALTIME_"+key, value)
			}
			c, err := parse(t, test.file, test.args...)
			if err != nil {
				t.Fatal(err)
			}
			at, err := c.address()
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join([]string{at.String(), c.DataDir, c.Durability, c.Log.Level.String()}, " "); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// TestConfigFile shows the settings that files in both spellings result in.
func TestConfigFile(t *testing.T) {
	const all = `
# the shape of CivicPress
realtime:
  enabled: true
  port: 3001
  host: '0.0.0.0'
  path: /live/
  rooms:
    grace_period_ms: 1000 # one second
  log: {slow_operation: 2s}
  SNAPSHOTS:
    enabled: true
    interval: 60
    max_updates: 7
    min_interval: 21s
    algorithm: gzip
    warn_bytes: 8
    kept_bytes: 18
    keep: 2h
    keep_unowned: 720h
    versions: 9
    version_interval: 10m
    versions_max_age: 720h
    versions_bytes: 23
    versions_named: 24
  batch: {window: 50ms}
  journal: {patience: 20s}
  queue: {max_bytes: 1000, stall_timeout: 1m}
  limits: {frame_bytes: 22440000, awareness_bytes: 3000, awareness_clients: 4, awareness_connection_bytes: 5000, awareness_room_bytes: 6000, signal_bytes: 700, handshakes: 6,
    handshakes_per_ip: 7, handshake_burst: 8, connections: 9, held_refusals: 20, unfinished_bytes: 17, message_timeout: 18s, message_bytes_per_second: 19, locks: 21, bans: 22}
  rate_limiting: {messages_per_second: 10, burst: 11, y_websocket_messages_per_second: 12, y_websocket_burst: 13, patience: 14s,
    connections_per_ip: 15, connections_per_user: 16}
  require_tls: true
  trusted_proxies: [10.1.2.3/8, 192.0.2.1, '::ffff:192.0.2.2', '2001:db8::/32']
  allowed_origins: ['https://town.example', 'https://*.town.example']
  redis: {enabled: false}
`
	for _, spelling := range []string{"snapshot", "snapshots"} {
		c, err := parse(t, strings.ReplaceAll(all, "SNAPSHOTS", spelling), "--durability", "off")
		if err != nil {
			t.Fatal(err)
		}
		want := engine.Config{
			Window: 50 * time.Millisecond, Grace: time.Second, NoJournal: true, JournalPatience: 20 * time.Second, SlowOperation: 2 * time.Second, SnapshotUpdates: 7, SnapshotInterval: time.Minute, SnapshotMinInterval: 21 * time.Second,
			QueueBytes: 1000, AwarenessClients: 4, AwarenessBytes: 3000, AwarenessPeerBytes: 5000, AwarenessRoomBytes: 6000, SignalBytes: 700,
			Compression: snapshot.Gzip, SnapshotWarnBytes: 8, SnapshotKeptBytes: 18, SnapshotKeep: 2 * time.Hour, KeepUnowned: 720 * time.Hour,
			Locks: 21, Bans: 22,
		}
		if got := engineConfig(c); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
		wantRetention := persist.Retention{Versions: 9, VersionInterval: 10 * time.Minute,
			MaxAge: 720 * time.Hour, Bytes: 23, Named: 24}
		if got := c.bolt(); got.Async || !reflect.DeepEqual(got.Retention, wantRetention) {
			t.Errorf("%+v, want %+v", got, wantRetention)
		}
		wantTransport := transport.Config{
			UnfinishedBytes: 17, MessageTimeout: 18 * time.Second, MessageBytesPerSecond: 19,
			Path: "/live", FrameBytes: 22440000, Handshakes: 6, StallTimeout: time.Minute,
			HandshakesPerIP: 7, HandshakeBurst: 8, Connections: 9, HeldRefusals: 20, ConnectionsPerIP: 15, ConnectionsPerUser: 16,
			MessagesPerSecond: 10, MessageBurst: 11, YWebsocketMessagesPerSecond: 12, YWebsocketBurst: 13, RatePatience: 14 * time.Second,
			TrustedProxies: prefixes("10.0.0.0/8", "192.0.2.1/32", "192.0.2.2/32", "2001:db8::/32"),
			RequireTLS:     true,
			AllowedOrigins: origins(t, "https://town.example", "https://*.town.example"),
		}
		if got := transportConfig(c); !reflect.DeepEqual(got, wantTransport) {
			t.Errorf("%+v, want %+v", got, wantTransport)
		}
		if w := c.Warnings(); len(w) > 0 {
			t.Errorf("warnings %q", w)
		}
	}
}

// TestCloseCodes shows which set of close codes is used with and without a key for it.
func TestCloseCodes(t *testing.T) {
	const url = "civicpress: {url: 'http://host'}"
	if c, err := parse(t, "", "--civicpress-url", "http://host"); err != nil || transportConfig(c).CloseCodes != transport.CivicPressCloseCodes {
		t.Errorf("by flag: %v, %v", transportConfig(c).CloseCodes, err)
	}
	for file, want := range map[string]transport.CloseCodes{
		"":                                  transport.StandardCloseCodes,
		url:                                 transport.CivicPressCloseCodes,
		"close_codes: civicpress":           transport.CivicPressCloseCodes,
		url + "\n  close_codes: standard":   transport.StandardCloseCodes,
		url + "\n  close_codes: civicpress": transport.CivicPressCloseCodes,
	} {
		c, err := parse(t, "realtime:\n  "+file)
		if err != nil {
			t.Fatal(err)
		}
		if got := transportConfig(c).CloseCodes; got != want {
			t.Errorf("%q: %v, want %v", file, got, want)
		}
	}
}

// TestViewers shows how viewers are treated with and without a key for that.
func TestViewers(t *testing.T) {
	const url = "civicpress: {url: 'http://host'}"
	if c, err := parse(t, "", "--civicpress-url", "http://host"); err != nil || c.Auth.Viewers != "published" {
		t.Errorf("by flag: %q, %v", c.Auth.Viewers, err)
	}
	for file, want := range map[string]string{
		"":                                     "admit",
		url:                                    "published",
		url + "\n  auth: {viewers: admit}":     "admit",
		url + "\n  auth: {viewers: reject}":    "reject",
		url + "\n  auth: {viewers: published}": "published",
	} {
		c, err := parse(t, "realtime:\n  "+file)
		if err != nil || c.Auth.Viewers != want || transportConfig(c).NoViewers != (want == "reject") {
			t.Errorf("%q: %q, %v", file, c.Auth.Viewers, err)
		}
	}
}

// TestSpecExamples shows that the examples of the specification, and the file of the bundled
// service, are accepted.
func TestSpecExamples(t *testing.T) {
	for _, test := range []struct {
		name, file string
		err        string
		warnings   []string
	}{
		{"single node", "realtime:\n  enabled: true\n  port: 3001\n  host: '0.0.0.0'\n  snapshot:\n    enabled: true\n    interval: 300  # seconds\n    max_updates: 100\n", "", []string{"clients may connect to 0.0.0.0:3001 without TLS"}},
		{"several nodes", "realtime:\n  redis:\n    enabled: true\n    url: 'redis://redis-host:6379'\n", "", nil},
		{"bundled", "realtime:\n  rooms: {max_rooms: 100, grace_period_ms: 300000}\n  snapshots: {enabled: true, interval: 300, max_updates: 100}\n" +
			"  rate_limiting: {messages_per_second: 10, connections_per_ip: 100, connections_per_user: 10}\n", "", nil},
		{"defaults given", "realtime: {presence: {identity: enforce}, auth: {viewers: admit, allowed_roles: []}}", "", nil},
		{"no snapshots", "realtime: {snapshots: {enabled: false}}", "", nil},
		{"nothing stored", "realtime: {snapshots: {enabled: false}, durability: off}", "", []string{"durability: off, and no snapshots"}},
		{"nothing stored in time", "realtime: {snapshots: {interval: 0}, durability: off}", "", []string{"durability: off, and no snapshots by time"}},
		{"behind CivicPress", "realtime: {civicpress: {url: 'http://host'}}", "", nil},
		{"small frames", "realtime: {limits: {frame_bytes: 22435155}}", "", []string{"limits.frame_bytes"}},
		{"frames that do", "realtime: {limits: {frame_bytes: 22435160}}", "", nil},
		{"small frames for a small document", "realtime: {limits: {frame_bytes: 70000, document_bytes: 3000, document_warn_bytes: 1}}", "", nil},
		{"updates", "realtime: {limits: {update_bytes: 1}}", "", []string{"limits.update_bytes"}},
		{"malformed messages", "realtime: {limits: {invalid_messages: 10}}", "", []string{"limits.invalid_messages"}},
		{"weak secret", "realtime: {auth: {jwt: {secret: short}}}", "", []string{"auth.jwt.secret"}},
	} {
		c, err := parse(t, test.file)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		w := c.Warnings()
		if !slices.EqualFunc(w, test.warnings, strings.Contains) {
			t.Errorf("%s: %q", test.name, w)
		}
	}
}

// TestBadFile shows that errors name the key, and the line if they have one.
func TestBadFile(t *testing.T) {
	for _, test := range []struct{ name, file, says string }{
		{"unknown key", "realtime:\n  prot: 1", `[2:3] unknown key "prot"; did you mean "port"?`},
		{"unknown section", "realtimes: {}", `[1:1] unknown key "realtimes"; did you mean "realtime"?`},
		{"unknown key below", "realtime:\n  queue:\n    size: 1", `[3:5] unknown key "size"`},
		{"key twice", "realtime:\n  port: 1\n  port: 2", `[3:3]`},
		{"no YAML", "realtime: [", `[1:11]`},
		{"port", "realtime:\n  port: 70000", `[2:9] port: "70000" is not a port, a whole number from 0 to 65535`},
		{"port in words", "realtime:\n  port: abc", `[2:9] port: "abc" is not a port`},
		{"zero", "realtime:\n  queue:\n    max_bytes: 0", `[3:16] queue.max_bytes: "0" is not a whole number above 0`},
		{"negative", "realtime:\n  limits:\n    frame_bytes: -1", `[3:18] limits.frame_bytes: "-1" is not`},
		{"no unit", "realtime:\n  queue:\n    stall_timeout: 30", `[3:20] queue.stall_timeout: "30" is not a time`},
		{"both spellings", "realtime: {snapshot: {interval: 1}, snapshots: {interval: 1}}", "snapshots and snapshot are the same"},
		{"close codes", "realtime: {close_codes: short}", `close_codes: "short" is none of standard, civicpress`},
		{"grace", "realtime: {rooms: {grace_period_ms: -1}}", `rooms.grace_period_ms: "-1" is not a whole number, 0 or above`},
		{"path", "realtime: {path: /}", "path"},
		{"two secrets", "realtime: {auth: {jwt: {secret: a, secret_file: b}}}", "auth.jwt"},
		{"public key as secret", `realtime: {auth: {jwt: {secret: "-----BEGIN PUBLIC KEY-----"}}}`, "public_key_file"},
		{"no such key", "realtime: {auth: {jwt: {public_key_file: missing.pem}}}", "auth.jwt.public_key_file"},
		{"no such key set", "realtime: {auth: {jwt: {jwks_file: missing.json}}}", "auth.jwt.jwks_file"},
		{"keys over HTTP", "realtime: {auth: {jwt: {jwks_url: 'http://idp.example/jwks'}}}", "auth.jwt.jwks_url: not an https URL"},
		{"keys with a password", "realtime: {auth: {jwt: {jwks_url: 'https://a:b@idp.example/jwks'}}}", "auth.jwt.jwks_url: not an https URL"},
		{"keys too often", "realtime: {auth: {jwt: {jwks_url: 'https://idp.example/jwks', jwks_refresh: 10ms}}}", "auth.jwt.jwks_refresh: must not be below 1s"},
		{"leeway", "realtime: {auth: {jwt: {leeway: 30}}}", `"30" is not a time`},
		{"origin", "realtime: {allowed_origins: ['https://town.example', '*']}", `allowed_origins: "*": not an origin`},
		{"proxy", "realtime: {trusted_proxies: [10.0.0.0/8, proxy.town.example]}", `trusted_proxies: "proxy.town.example": not an address`},
		{"proxy with a zone", "realtime: {trusted_proxies: ['fe80::1%eth0']}", `trusted_proxies: "fe80::1%eth0"`},
		{"range mapped into IPv6", "realtime: {trusted_proxies: ['::ffff:10.0.0.0/104']}", `trusted_proxies: "::ffff:10.0.0.0/104"`},
		{"rate", "realtime: {rate_limiting: {burst: 0}}", `"0" is not a whole number above 0`},
		{"viewers", "realtime: {auth: {viewers: maybe}}", `auth.viewers: "maybe" is none of published, admit, reject`},
		{"published without CivicPress", "realtime: {auth: {viewers: published}}", "auth.viewers: published needs civicpress.url"},
		{"roles", "realtime: {auth: {allowed_roles: [clerk, '']}}", "auth.allowed_roles"},
		{"presence", "realtime: {presence: {identity: guess}}", `presence.identity: "guess" is none of enforce, trust`},
		{"level", "realtime: {log: {level: info+2}}", `log.level: "info+2" is not one of debug, info, warn, error`},
		{"algorithm", "realtime: {snapshot: {algorithm: brotli}}", `snapshots.algorithm: "brotli" is none of zstd, gzip, none`},
		{"warned too late", "realtime: {limits: {document_bytes: 10, document_warn_bytes: 11}}", "limits.document_warn_bytes"},
		{"unknown claim", "realtime: {auth: {jwt: {claims: {email: mail}}}}", `unknown key "email"`},
	} {
		if _, err := parse(t, test.file); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestGrace shows that a grace of zero is not the default grace.
func TestGrace(t *testing.T) {
	c, err := parse(t, "realtime: {rooms: {grace_period_ms: 0}}")
	if err != nil || engineConfig(c).Grace != 1 {
		t.Errorf("%v, %v", engineConfig(c).Grace, err)
	}
}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

func origins(t *testing.T, texts ...string) (list []auth.Origin) {
	t.Helper()
	list, err := readList("", texts, auth.ParseOrigin)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestDevelopmentHasNoLimits shows that --dev turns off the limits on clients, and that nothing
// else does.
func TestDevelopmentHasNoLimits(t *testing.T) {
	for _, dev := range []bool{false, true} {
		var args []string
		if dev {
			args = []string{"--dev"}
		}
		c, err := parse(t, "", args...)
		if err != nil {
			t.Fatal(err)
		}
		if got := transportConfig(c).Unlimited; got != dev {
			t.Errorf("dev %v: unlimited %v", dev, got)
		}
	}
}
