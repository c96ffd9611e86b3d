package app

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
)

// shippedRooms and shippedSnapshots are sections of the realtime.yml that CivicPress ships.
const (
	shippedRooms     = "rooms: {max_rooms: 100, cleanup_timeout: 3600}"
	shippedSnapshots = "snapshots: {enabled: true, interval: 300, max_updates: 100, storage: 'database'}"
	shippedRates     = "rate_limiting: {messages_per_second: 10, connections_per_ip: 100, connections_per_user: 10}"
	civicpressHere   = "civicpress: {url: 'http://127.0.0.1:3000'}"
)

// TestCivicPressFiles shows that the files that CivicPress ships, shows in its documentation and
// accepts in its loader are accepted here, with warnings about keys that have no effect.
func TestCivicPressFiles(t *testing.T) {
	for _, test := range []struct {
		name, file string
		warnings   []string
	}{
		{"shipped", "realtime:\n  enabled: true\n  port: 3001\n  host: '0.0.0.0'\n  path: '/realtime'\n  " + shippedRooms + "\n  " + shippedSnapshots + "\n  " + shippedRates + "\n  " + civicpressHere,
			[]string{"[7:63] snapshots.storage has no effect: snapshots are kept in data_dir", "clients may connect to 0.0.0.0:3001 without TLS"}},
		{"its defaults written out", "realtime:\n  rooms: {max_rooms: 100, cleanup_timeout: 3600, grace_period_ms: 300000}\n  connection_cleanup: {enabled: true, check_interval: 60, stale_threshold: 600}\n  " + civicpressHere,
			[]string{"[3:3] connection_cleanup has no effect: a connection"}},
		{"filesystem", "realtime: {snapshots: {storage: filesystem}}", []string{"snapshots.storage has no effect"}},
		{"the spec's spelling", "realtime: {snapshot: {storage: filesystem}}", []string{"snapshots.storage has no effect"}},
		{"TLS", "realtime: {tls: {enabled: false, cert: /path/to/cert.pem, key: /path/to/key.pem}}", nil},
		{"sweeps", "realtime: {cleanupIntervalMs: 60000, rooms: {cleanupIntervalMs: 1}, snapshots: {cleanupIntervalMs: 1}}",
			[]string{"cleanupIntervalMs has no effect", "rooms.cleanupIntervalMs has no effect", "snapshots.cleanupIntervalMs has no effect"}},
		{"its first design", "realtime: {snapshot: {intervalMs: 60000}}", []string{"snapshots.intervalMs has no effect: snapshots.interval says it, in seconds"}},
		{"Redis, off", "realtime: {redis: {enabled: false, url: 'redis://host:6379', prefix: 'civicpress:realtime:'}}", nil},
		{"cleanup without CivicPress", "realtime: {" + shippedRooms + "}", []string{"rooms.cleanup_timeout has no effect: without civicpress.url"}},
		{"without the outer key", "enabled: true\nport: 3001\nhost: '127.0.0.1'\n" + shippedSnapshots + "\ntls: {enabled: false}\n",
			[]string{"[4:61] snapshots.storage has no effect"}},
		{"strings", "realtime: {enabled: 'true', port: '3001', rooms: {max_rooms: '100'}}", nil},
		{"other strings", "realtime: {enabled: True, snapshots: {enabled: 'True'}, redis: {enabled: 'False'}}", nil},
		{"no snapshots in between", "realtime: {snapshots: {interval: 0}}", nil},
		{"origins", "realtime: {allowed_origins: ['https://yourdomain.com', 'https://app.yourdomain.com']}", nil},
	} {
		c, err := parse(t, test.file)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		} else if w := c.Warnings(); !slices.EqualFunc(w, test.warnings, strings.Contains) {
			t.Errorf("%s: %q", test.name, w)
		}
	}
}

// TestKeysOfCivicPress shows that CivicPress' keys have the same effect here as there.
func TestKeysOfCivicPress(t *testing.T) {
	has := func(file string, got func(Config) any, want any) {
		t.Helper()
		c, err := parse(t, file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
		} else if v := got(c); !reflect.DeepEqual(v, want) {
			t.Errorf("%s: %v, want %v", file, v, want)
		}
	}
	keep := func(c Config) any { return engineConfig(c).SnapshotKeep }
	has("realtime: {rooms: {cleanup_timeout: 7200}}", keep, 2*time.Hour)
	has("rooms: {cleanup_timeout: '7200'}", keep, 2*time.Hour)
	has("realtime: {rooms: {cleanup_timeout: 7200}, snapshots: {keep: 3h}}", keep, 3*time.Hour)
	has("realtime: {rooms: {cleanup_timeout: 9223372036854775807}}", keep, engine.Never)
	interval := func(c Config) any { return engineConfig(c).SnapshotInterval }
	has("realtime: {snapshots: {interval: 0}}", interval, time.Duration(engine.Never))
	has("realtime: {snapshots: {interval: '60'}}", interval, time.Minute)
	has("realtime: {snapshots: {}}", interval, time.Duration(0))
	enabled := func(c Config) any { return c.enabled() }
	for _, no := range []string{"false", "'false'", "False", `"False"`} {
		has("realtime: {enabled: "+no+"}", enabled, false)
		has("enabled: "+no, enabled, false)
	}
	has("realtime: {enabled: 'true'}", enabled, true)
	has("port: 4000", func(c Config) any { return int(*c.Port) }, 4000)
}

// TestAllErrors shows that all errors of a file are reported at once, and contain no names of Go.
func TestAllErrors(t *testing.T) {
	_, err := parse(t, `realtime:
  port: abc
  enabled: "yes"
  host: [a]
  path: /
  durability: maybe
  log: {level: loud}
  log: {level: info}
  rooms: {grace_period_ms: some}
  gracePeriodMs: 1
  frame_bytes: 1
  allowed_origins: https://town.example
  documents: {names: {em: [a]}}
  batch: 7
  drafts: {quiet: {a: 1}}
`, "--listen", "127.0.0.1:http")
	if err == nil {
		t.Fatal("it is taken")
	}
	var errs []string
	for line := range strings.Lines(err.Error()) {
		if _, rest, ok := strings.Cut(line, ".yml: "); ok {
			line = rest
		}
		line = regexp.MustCompile(`\(\S*realtime\.yml:`).ReplaceAllString(line, "(FILE:")
		errs = append(errs, strings.TrimSpace(line))
	}
	want := []string{
		`[2:9] port: "abc" is not a port, a whole number from 0 to 65535`,
		`[3:12] enabled: "yes" is not true or false`,
		`[4:9] host: a list is not a text`,
		`[7:16] log.level: "loud" is not one of debug, info, warn, error`,
		`[8:3] the key "log" stands twice`,
		`[9:28] rooms.grace_period_ms: "some" is not a whole number, 0 or above`,
		`[10:3] unknown key "gracePeriodMs"; did you mean "rooms.grace_period_ms"?`,
		`[11:3] unknown key "frame_bytes"; did you mean "limits.frame_bytes"?`,
		`[12:20] allowed_origins: "https://town.example" is not a list of texts`,
		`[13:22] documents.names: a section is not a map from text to text`,
		`[14:10] batch: must be a section with keys below it`,
		`[15:19] drafts.quiet: a section is not a time above 0 with its unit, such as 100ms or 30s`,
		`--listen: "http" is not a port, a whole number from 0 to 65535`,
		`durability: "maybe" is none of sync, async, off (FILE:6)`,
		`path: must not be / (FILE:5)`,
	}
	if !slices.Equal(errs, want) {
		t.Errorf("it says\n%s\nand not\n%s", strings.Join(errs, "\n"), strings.Join(want, "\n"))
	}
}

// TestAllErrorsOfASection shows that all errors of one section are reported at once.
func TestAllErrorsOfASection(t *testing.T) {
	_, err := parse(t, `realtime:
  allowed_origins: ['*', 'https://town.example', 'town']
  trusted_proxies: [proxy, proxy.town.example]
  documents: {names: {a: b, em: ''}, attributes: {c: d}}
  civicpress: {url: 'http://host', secret_file: missing.1, token_file: missing.2, positive_ttl: 1h}
  auth: {jwt: {secret_file: missing.3, public_key_file: missing.4, jwks_file: missing.5}}
`)
	if err == nil {
		t.Fatal("it is taken")
	}
	for _, says := range []string{
		`allowed_origins: "*"`, `allowed_origins: "town"`, `trusted_proxies: "proxy"`, `trusted_proxies: "proxy.town.example"`,
		`documents.names: "a"`, "documents.names.em: must not be empty", `documents.attributes: "c"`,
		"missing.1", "missing.2", "missing.3", "missing.4", "missing.5", "civicpress.positive_ttl",
	} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("it does not say %q", says)
		}
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != 13 {
		t.Errorf("%d lines:\n%v", n, err)
	}
}

// TestSuggestions shows which known keys are suggested for unknown ones.
func TestSuggestions(t *testing.T) {
	for _, test := range []struct{ file, says string }{
		{"realtime: {prot: 1}", `"prot"; did you mean "port"?`},
		{"realtimes: {port: 1}", `"realtimes"; did you mean "realtime"?`},
		{"realtime: {roms: {}}", `"roms"; did you mean "rooms"?`},
		{"realtime: {rooms: {maxRooms: 1}}", `"maxRooms"; did you mean "max_rooms"?`},
		{"realtime: {rooms: {connections_per_ip: 1}}", `"connections_per_ip"; did you mean "rate_limiting.connections_per_ip"?`},
		{"realtime: {}\nport: 1", `unknown key "port" beside "realtime"; what is to count stands below that`},
	} {
		if _, err := parse(t, test.file); err == nil || !strings.HasSuffix(err.Error(), test.says) {
			t.Errorf("%s: %v", test.file, err)
		}
	}
	if _, err := parse(t, "realtime: {bicycles: 1}"); err == nil || strings.Contains(err.Error(), "did you mean") {
		t.Errorf("%v", err)
	}
}
