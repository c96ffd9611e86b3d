package structure

import (
	"slices"
	"strings"
	"testing"
)

// arrows lists which of our packages each package may import, except in tests. Every package must
// be listed, with a considered place.
var arrows = map[string][]string{
	"codec":                            nil,
	"codec/steps":                      nil,
	"codec/lib0":                       nil,
	"codec/lib0/lib0test":              {"codec/lib0"},
	"codec/jsontext":                   {"codec/lib0"},
	"codec/yjs":                        {"codec/jsontext", "codec/lib0", "codec/steps"},
	"codec/websocket":                  nil,
	"codec/websocket/rawframe":         nil,
	"codec/protocol":                   {"codec/jsontext", "codec/lib0", "codec/websocket"},
	"codec/snapshot":                   nil,
	"codec/standardwebhooks":           nil,
	"codec/markdown":                   {"codec/lib0", "codec/yjs", "codec/markdown/mdurl"},
	"codec/markdown/mdurl":             nil,
	"codec/markdown/texts":             {"codec/markdown"},
	"codec/markdown/prosemirror":       {"codec/markdown"},
	"persist":                          nil,
	"persist/storetest":                {"persist"},
	"persist/bolt":                     {"persist", "persist/bolt/backupfile", "persist/bolt/decisions", "persist/bolt/digest", "persist/bolt/pages", "persist/bolt/wal"},
	"persist/bolt/decisions":           {"persist", "persist/bolt/digest", "persist/bolt/wal"},
	"persist/bolt/outbox":              {"persist"},
	"persist/bolt/digest":              nil,
	"persist/bolt/backupfile":          nil,
	"persist/bolt/pages":               nil,
	"persist/bolt/wal":                 {"persist"},
	"persist/imports":                  nil,
	"persist/imports/inuse":            nil,
	"persist/imports/leveldb":          {"persist/imports", "persist/imports/inuse"},
	"persist/imports/sqlite":           {"persist/imports", "persist/imports/inuse"},
	"persist/imports/ywebsocket":       {"persist/imports", "persist/imports/leveldb"},
	"persist/imports/hocuspocus":       {"persist/imports", "persist/imports/sqlite"},
	"persist/imports/ysweet":           {"persist/imports"},
	"persist/redis":                    {"persist", "persist/directconn"},
	"persist/redis/redistest":          nil,
	"persist/httpcall":                 nil,
	"persist/httpcall/faults":          nil,
	"persist/civicpress":               {"persist/httpcall", "persist/jsonmembers"},
	"persist/civicpress/standin":       {"persist/httpcall/faults"},
	"persist/hooks":                    {"codec/standardwebhooks", "persist/httpcall", "persist/jsonmembers"}, // a signature is a format, and webhooks have the same
	"persist/hooks/standin":            {"codec/standardwebhooks", "persist/httpcall/faults"},
	"persist/jsonmembers":              nil,
	"engine/ydoc":                      {"codec/lib0", "codec/yjs", "codec/steps"},
	"engine/ydoc/view":                 {"codec/lib0", "codec/yjs", "codec/steps"},
	"engine/ydoc/compare":              {"codec/lib0", "codec/yjs", "engine/authors", "engine/ydoc/view"},
	"engine/authors":                   {"codec/lib0", "codec/steps"},
	"engine/ydoc/revert":               {"codec/lib0", "codec/yjs", "engine/ydoc", "engine/ydoc/view"},
	"engine/prose":                     {"codec/lib0", "codec/yjs", "codec/markdown", "engine/align", "engine/ydoc", "engine/ydoc/view"},
	"engine/align":                     nil,
	"engine/contents":                  {"codec/lib0", "codec/markdown", "codec/yjs", "engine/align", "engine/prose", "engine/ydoc/view"},
	"engine/contents/wordstest":        {"codec/yjs", "engine/ydoc/view"},
	"engine/awareness":                 {"codec/jsontext", "codec/lib0", "codec/protocol", "codec/yjs", "codec/steps", "engine/schedule"},
	"engine/outbound":                  {"codec/protocol", "codec/websocket", "codec/yjs", "engine/ydoc"},
	"engine/roomkey":                   nil,
	"engine/events":                    nil,
	"engine/logsample":                 nil,
	"engine/roomlock":                  nil,
	"engine/groupcommit":               {"engine/roomlock", "engine/schedule"},
	"engine/schedule":                  nil,
	"engine/piececache":                {"codec/snapshot"},
	"engine/linepatch":                 nil,
	"engine/cluster":                   nil,
	"engine/cluster/clustertest":       {"engine/cluster"},
	"engine/cluster/roomstate":         {"codec/snapshot", "codec/yjs", "engine/authors", "engine/recordsync", "engine/stored", "engine/ydoc"},
	"engine/cluster/nodestore":         {"codec/lib0", "codec/snapshot", "engine/cluster", "engine/cluster/roomstate", "engine/stored"},
	"engine/stored":                    {"codec/snapshot", "codec/yjs", "engine/authors", "engine/recordsync", "engine/ydoc"},
	"engine/recordsync":                {"engine/linepatch", "engine/roomkey", "engine/schedule", "codec/lib0", "codec/protocol", "codec/yjs", "codec/markdown", "codec/snapshot", "engine/prose", "engine/ydoc", "engine/ydoc/view"},
	"engine/recordsync/recordstest":    {"engine/recordsync", "engine/roomkey"},
	"engine":                           {"engine/authors", "engine/ydoc/compare", "codec/jsontext", "engine/events", "engine/groupcommit", "engine/logsample", "engine/roomkey", "engine/roomlock", "engine/schedule", "codec/lib0", "codec/protocol", "codec/yjs", "codec/snapshot", "engine/awareness", "engine/outbound", "engine/piececache", "engine/recordsync", "engine/stored", "engine/ydoc", "engine/ydoc/revert", "engine/ydoc/view"},
	"transport/admin/api":              nil,
	"transport/admin/place":            nil,
	"transport/admin/fanout":           nil,
	"transport/admin/client":           {"transport/admin/api"},
	"transport/admin/console":          {"transport/admin/api", "transport/embedded", "transport/httpapi"},
	"transport/admin":                  {"engine", "engine/events", "engine/logsample", "engine/roomkey", "engine/ydoc/view", "transport/admin/api", "transport/admin/console", "transport/exposition", "transport/httpapi", "transport/limit", "transport/admin/history", "codec/snapshot", "engine/contents", "transport/authorship"},
	"transport/admin/history":          {"transport/admin/api"},
	"transport/httpapi/openapitest":    nil,
	"transport/httpapi":                {"engine/roomkey", "transport/admin/api"},
	"transport/exposition":             nil,
	"transport/embedded":               {"transport/exposition"},
	"transport/playground":             {"transport/embedded"},
	"transport/public":                 {"transport/admin/api", "transport/exposition"},
	"transport/auth":                   {"codec/jsontext", "codec/protocol", "engine", "engine/roomkey"},
	"transport/suspicious":             nil,
	"transport/webhooks":               {"codec/standardwebhooks", "engine", "engine/events"},
	"transport/authorship":             {"engine", "engine/contents"},
	"transport/documents/access":       {"engine/roomkey"},
	"transport/documents/renderings":   {"engine/roomkey"},
	"transport/documents":              {"codec/jsontext", "codec/markdown", "codec/protocol", "codec/snapshot", "codec/yjs", "engine", "engine/contents", "engine/logsample", "engine/roomkey", "engine/ydoc", "engine/ydoc/view", "transport/admin/api", "transport/auth", "transport/authorship", "transport/documents/access", "transport/documents/renderings", "transport/httpapi", "transport/limit"},
	"transport/tally":                  nil,
	"transport/certs":                  nil,
	"persist/directconn":               nil,
	"transport/mux":                    nil,
	"transport/netpoll":                {"transport/mux"},
	"transport/limit":                  {"engine", "transport/netpoll"},
	"transport/hold":                   nil,
	"transport/handon":                 {"persist/directconn", "transport/limit", "transport/mux", "transport/netpoll"},
	"transport/docname":                {"engine/roomkey"},
	"transport":                        {"transport/handon", "transport/hold", "codec/protocol", "codec/websocket", "engine", "engine/events", "engine/roomkey", "transport/admin/api", "transport/auth", "transport/limit", "transport/mux", "transport/netpoll", "transport/public", "transport/suspicious", "transport/docname", "codec/yjs"},
	"cmd/civic-realtime":               {"cmd/civic-realtime/licenses", "cmd/civic-realtime/quiet", "cmd/civic-realtime/shell", "cmd/civic-realtime/app/doctor", "cmd/civic-realtime/app", "cmd/civic-realtime/operate", "cmd/civic-realtime/app/snapshots", "cmd/civic-realtime/app/yamlfile", "cmd/civic-realtime/capacity", "codec/markdown", "engine", "engine/roomkey", "persist", "persist/bolt", "persist/bolt/backupfile", "transport/admin/api", "transport/auth", "cmd/civic-realtime/app/audit", "transport/docname", "cmd/civic-realtime/app/migrate"},
	"cmd/civic-realtime/app/audit":     {"engine/events"},
	"cmd/civic-realtime/operate":       {"cmd/civic-realtime/app", "persist", "transport/admin/api", "transport/admin/client", "transport/admin/place", "transport/certs"},
	"cmd/civic-realtime/app/sockets":   {"cmd/civic-realtime/app/systemd", "cmd/civic-realtime/app/takeover"},
	"cmd/civic-realtime/app/systemd":   nil,
	"cmd/civic-realtime/app/takeover":  nil,
	"docs":                             nil,
	"cmd/civic-realtime/app/doctor":    {"persist"},
	"cmd/civic-realtime/shell":         nil,
	"cmd/civic-realtime/app/logs":      {"cmd/civic-realtime/app/yamlfile"},
	"cmd/civic-realtime/app/settings":  {"cmd/civic-realtime/app/yamlfile", "docs"},
	"cmd/civic-realtime/app/memory":    nil,
	"cmd/civic-realtime/app/sandbox":   {"codec/snapshot", "engine", "transport", "transport/auth", "transport/playground"},
	"cmd/civic-realtime/app/peers":     {"engine", "engine/cluster", "transport/admin/api", "transport/admin/fanout", "transport/tally"},
	"cmd/civic-realtime/app/yamlfile":  nil,
	"cmd/civic-realtime/app/metricset": nil,
	"cmd/civic-realtime/app/migrate":   {"cmd/civic-realtime/app/snapshots", "codec/snapshot", "codec/yjs", "engine/roomkey", "engine/ydoc", "persist", "persist/imports", "persist/imports/hocuspocus", "persist/imports/ysweet", "persist/imports/ywebsocket", "transport/docname"},
	"cmd/civic-realtime/capacity":      {"bench/load", "bench/process", "codec/lib0", "codec/protocol"},
	"cmd/civic-realtime/app":           {"cmd/civic-realtime/app/snapshots", "cmd/civic-realtime/app/memory", "cmd/civic-realtime/app/doctor", "transport/playground", "cmd/civic-realtime/app/sandbox", "cmd/civic-realtime/app/logs", "cmd/civic-realtime/app/settings", "cmd/civic-realtime/app/sockets", "cmd/civic-realtime/app/systemd", "cmd/civic-realtime/app/audit", "cmd/civic-realtime/app/metricset", "cmd/civic-realtime/app/yamlfile", "codec/protocol", "codec/markdown", "codec/snapshot", "engine", "engine/cluster", "cmd/civic-realtime/app/peers", "transport/admin/fanout", "engine/events", "engine/cluster/nodestore", "engine/recordsync", "engine/roomkey", "engine/ydoc/view", "persist", "persist/bolt", "persist/civicpress", "persist/httpcall", "persist/redis", "transport", "transport/admin", "transport/admin/api", "transport/admin/place", "transport/auth", "transport/certs", "transport/handon", "transport/suspicious", "persist/hooks", "codec/standardwebhooks", "cmd/civic-realtime/app/hookports", "transport/documents", "transport/documents/access", "transport/docname", "persist/bolt/outbox", "transport/webhooks", "transport/admin/history", "codec/yjs", "engine/contents"},
	"cmd/civic-realtime/app/hookports": {"codec/markdown", "codec/markdown/prosemirror", "codec/protocol", "engine", "engine/roomkey", "persist/hooks", "transport/auth"},
	"cmd/civic-realtime/app/snapshots": {"codec/yjs", "codec/markdown", "codec/snapshot", "engine/contents", "engine/stored", "engine/prose", "engine/recordsync", "engine/roomkey", "engine/ydoc/revert", "engine/ydoc/view", "persist", "persist/bolt"},
	"cmd/civic-realtime/licenses":      nil,
	"cmd/civic-realtime/quiet":         nil,
	"cmd/release/audit":                {"cmd/civic-realtime/licenses", "cmd/release/inventory"},
	"cmd/release":                      {"cmd/release/audit", "cmd/civic-realtime/licenses", "cmd/release/build", "cmd/release/inventory", "cmd/release/sbom", "cmd/release/debian"},
	"cmd/release/sbom":                 {"cmd/civic-realtime/licenses", "cmd/release/build"},
	"cmd/release/debian":               {"cmd/release/build"},
	"cmd/release/build":                nil,
	"cmd/release/inventory":            {"cmd/civic-realtime/licenses", "cmd/release/build"},
}

// outside reports whether a package has tests or measurements only, and so may import everything.
func outside(name string) bool {
	top, _, _ := strings.Cut(name, "/")
	return top == "bench" || top == "fuzz" || strings.HasPrefix(name, "cmd/civic-realtime/e2e") || strings.HasPrefix(name, "cmd/civic-realtime/structure")
}

// owners lists the dependencies that only some packages may import.
var owners = map[string][]string{
	"github.com/lxzan/gws":               {"transport"},
	"github.com/MicahParks/jwkset":       {"transport/auth"},
	"github.com/golang-jwt/jwt/v5":       {"transport/auth"},
	"net/http":                           {"cmd/civic-realtime/app/doctor", "cmd/civic-realtime/app/peers", "transport/embedded", "transport/exposition", "transport", "transport/admin", "transport/admin/console", "transport/httpapi", "transport/admin/client", "transport/admin/fanout", "transport/public", "transport/playground", "cmd/civic-realtime/app/sandbox", "transport/auth", "transport/limit", "transport/handon", "persist/civicpress", "persist/civicpress/standin", "persist/hooks", "persist/hooks/standin", "persist/httpcall", "persist/httpcall/faults", "transport/documents", "transport/webhooks"},
	"github.com/cenkalti/backoff/v5":     {"engine/recordsync", "transport/auth", "persist/httpcall"},
	"github.com/sony/gobreaker/v2":       {"persist/httpcall"},
	"golang.org/x/sync":                  {"persist/civicpress", "persist/hooks", "persist/httpcall"},
	"github.com/hashicorp/golang-lru/v2": {"engine/piececache", "engine/recordsync", "transport/limit", "transport/suspicious", "persist/civicpress", "persist/hooks", "transport/documents/renderings"},
	"go.etcd.io/bbolt":                   {"persist/bolt", "persist/bolt/decisions", "persist/bolt/outbox"},
	"golang.org/x/sys":                   {"engine/cluster", "transport/netpoll", "persist/bolt/pages", "persist/bolt/wal"},
	"github.com/klauspost/compress":      {"codec/snapshot", "codec/websocket", "persist/bolt/backupfile", "persist/imports/leveldb"},
	"github.com/yuin/goldmark":           {"codec/markdown", "persist/civicpress/standin"},
	"github.com/coreos/go-systemd/v22":   {"cmd/civic-realtime/app/systemd"},
	"github.com/alecthomas/kong":         {"cmd/civic-realtime/shell", "cmd/civic-realtime", "cmd/release"},
	"github.com/goccy/go-yaml":           {"cmd/civic-realtime/app/yamlfile"},
	"github.com/reearth/ygo":             nil,
	"github.com/santhosh-tekuri":         {"transport/httpapi/openapitest"}, // for tests
	"github.com/creack/pty":              nil,                               // tests only
	"golang.org/x/term":                  {"cmd/civic-realtime/operate"},
	"github.com/VictoriaMetrics/metrics": {"engine", "engine/cluster", "engine/cluster/nodestore", "engine/groupcommit", "engine/recordsync", "transport", "transport/admin", "transport/admin/fanout", "transport/auth", "transport/limit", "persist/civicpress", "persist/redis", "cmd/civic-realtime/app/metricset", "persist/hooks", "persist/httpcall", "transport/documents", "transport/webhooks"},
	"github.com/google/licensecheck":     {"cmd/release/inventory"},
	"github.com/vmihailenco/msgpack/v5":  {"codec/protocol"},
	"github.com/redis/rueidis":           {"persist/redis"},

	"github.com/VictoriaMetrics/metricsql": nil, // tests only
}

// pure has the packages without goroutines, I/O and clock; they must not import impurity.
var (
	pure     = []string{"codec/lib0", "codec/jsontext", "codec/yjs", "codec/websocket", "codec/websocket/rawframe", "codec/protocol", "codec/snapshot", "codec/markdown", "codec/markdown/mdurl", "codec/markdown/prosemirror", "codec/markdown/texts", "codec/steps", "engine/align", "engine/contents", "engine/prose", "engine/roomkey", "engine/ydoc", "engine/ydoc/revert", "engine/ydoc/view", "engine/cluster/roomstate", "codec/standardwebhooks", "engine/authors", "engine/ydoc/compare"}
	impurity = []string{"context", "log", "log/slog", "net", "os", "time"}
)

// strayArrows lists the imports that a package must not have.
func strayArrows(name string, imports []string) (wrong []string) {
	if outside(name) {
		return nil
	}
	allowed, known := arrows[name]
	if !known {
		wrong = append(wrong, name+" has no place in the house: say in arrows what it may import")
	}
	for _, imported := range imports {
		if why := forbidden(name, imported, allowed); why != "" {
			wrong = append(wrong, name+" imports "+imported+": "+why)
		}
	}
	return wrong
}

// TestArrows fails when a package imports a package that it must not know.
func TestArrows(t *testing.T) {
	all := packages(t)
	if len(all) < len(arrows) {
		t.Errorf("%d packages are too few", len(all))
	}
	var wrong []string
	for _, p := range all {
		wrong = append(wrong, strayArrows(p.name, p.Imports)...)
	}
	mustBeNone(t, wrong)
}

func forbidden(name, imported string, allowed []string) string {
	if ours, ok := strings.CutPrefix(imported, module); ok {
		if !slices.Contains(allowed, ours) {
			return "no arrow leads there"
		}
		return ""
	}
	if slices.Contains(pure, name) && slices.Contains(impurity, imported) {
		return "it is to stay pure"
	}
	for dependency, by := range owners {
		if (imported == dependency || strings.HasPrefix(imported, dependency+"/")) && !slices.Contains(by, name) {
			return "that is another's"
		}
	}
	return ""
}

// TestForbidden shows which imports are reported.
func TestForbidden(t *testing.T) {
	for _, test := range []struct {
		name, imported string
		ok             bool
	}{
		{"engine", module + "codec/yjs", true},
		{"engine", module + "transport", false},
		{"codec/yjs", module + "engine", false},
		{"persist/bolt", module + "codec/yjs", false},
		{"engine", "net/http", false},
		{"engine", "net/http/httptest", false},
		{"engine", "github.com/lxzan/gws", false},
		{"engine", "go.etcd.io/bbolt", false},
		{"engine", "time", true},
		{"codec/yjs", "time", false},
		{"engine/ydoc", "os", false},
		{"transport", "github.com/lxzan/gws", true},
		{"codec/snapshot", "github.com/klauspost/compress/zstd", true},
		{"persist/bolt", "github.com/klauspost/compress/zstd", false},
		{"persist/civicpress", "net/http", true},
		{"persist/civicpress", module + "persist/civicpress/standin", false},
		{"persist/bolt", "net/http", false},
	} {
		if why := forbidden(test.name, test.imported, arrows[test.name]); (why == "") != test.ok {
			t.Errorf("%s imports %s: %q", test.name, test.imported, why)
		}
	}
}

// TestStrayArrows shows that packages that are not listed are reported, except those outside.
func TestStrayArrows(t *testing.T) {
	imports := []string{"fmt", module + "transport"}
	for name, want := range map[string]int{"engine": 1, "engine/new": 2, "bench/new": 0} {
		if got := strayArrows(name, imports); len(got) != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
