package app

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/sandbox"
	"github.com/civicpress/civic-realtime/transport/admin/place"
)

// TestAdminAddress shows where the admin API listens, and which addresses, hosts and numbers are
// refused.
func TestAdminAddress(t *testing.T) {
	for _, test := range []struct{ file, listen, fails string }{
		{"realtime: {}", "127.0.0.1:3002", ""},
		{"realtime: {enabled: false}", "", ""},
		{"realtime: {enabled: false, admin: {listen: '127.0.0.1:0'}}", "127.0.0.1:0", ""},
		{"realtime: {admin: {listen: ''}}", "", ""},
		{"realtime: {admin: {listen: '[::1]:3002', hosts: [Ops.Example]}}", "[::1]:3002", ""},
		{"realtime: {admin: {listen: '3002'}}", "", "admin.listen: "},
		{"realtime: {admin: {listen: ':3002'}}", "", "0.0.0.0 stands for all addresses"},
		{"realtime: {admin: {hosts: ['http://ops.example/']}}", "", `admin.hosts: "http://ops.example/" is not a host name`},
		{"realtime: {admin: {token_file: /nowhere/token}}", "", "admin.token_file: open /nowhere/token: no such file"},
		{"realtime: {admin: {token_file: /nowhere/token, listen: ''}}", "", ""},
		{"realtime: {admin: {playground_document_bytes: 67108864}}", "127.0.0.1:3002", ""},
		{"realtime: {admin: {playground_document_bytes: 67108865}}", "", "admin.playground_document_bytes: must be at most 67108864"},
	} {
		c, err := parse(t, test.file)
		if err == nil && test.fails == "" && *c.Admin.Listen == test.listen {
			continue
		}
		if err == nil || test.fails == "" || !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%s: %v, %v", test.file, c.Admin.Listen, err)
		}
	}
}

// TestPlaygroundLimits shows which limits the playground in the console has: its keys, and half of
// the listener's connections, but one at least.
func TestPlaygroundLimits(t *testing.T) {
	for keys, want := range map[string]sandbox.Config{
		"listen: '127.0.0.1:0'": {Connections: 16},
		"max_connections: 9":    {Connections: 4},
		"max_connections: 1":    {Connections: 1},
		"playground_rooms: 2, playground_document_bytes: 4096, playground_idle: 1m": {
			Connections: 16, Rooms: 2, DocumentBytes: 4096, Idle: time.Minute,
		},
	} {
		c, err := parse(t, "realtime:\n  auth: {jwt: {secret: "+strings.Repeat("s", 40)+"}}\n  admin: {"+keys+"}\n")
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Admin.playground(); got != want {
			t.Errorf("%s: %+v", keys, got)
		}
	}
}

// TestAdminWarnings shows when a token can be read on its way.
func TestAdminWarnings(t *testing.T) {
	for listen, warned := range map[string]bool{"''": false, "'127.0.0.1:0'": false, "'[::1]:0'": false, "'localhost:0'": false, "'0.0.0.0:0'": true, "'10.0.0.1:3002'": true} {
		c, err := parse(t, "realtime: {admin: {listen: "+listen+"}}")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(c.Warnings(), "\n"), "admin.tls"); got != warned {
			t.Errorf("%s: warned %v", listen, got)
		}
	}
}

// TestAdminPortInUse shows that an error about a port in use says what to do, and that it is the
// default, if it is.
func TestAdminPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const byDefault = "admin.listen is not set, and this is its default"
	for _, chosen := range []bool{true, false} {
		c := &adminConfig{Listen: new(l.Addr().String()), chosen: chosen, dev: true}
		_, err := c.open(t.TempDir(), nil)
		if err == nil || !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "--admin-listen") || strings.Contains(err.Error(), byDefault) == chosen {
			t.Errorf("chosen %v: %v", chosen, err)
		}
	}
}

// TestAdminToken shows when a token is needed, and that it is made in the data directory.
func TestAdminToken(t *testing.T) {
	for _, test := range []struct {
		listen string
		dev    bool
		needed bool
	}{
		{"127.0.0.1:0", true, false}, {"127.0.0.1:0", false, true}, {"0.0.0.0:0", true, true},
	} {
		dir := filepath.Join(t.TempDir(), "data")
		a, err := (&adminConfig{Listen: &test.listen, dev: test.dev}).open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer a.close()
		_, missing := os.Stat(filepath.Join(dir, place.TokenFile))
		if (a.token != "") != test.needed || (missing == nil) != test.needed {
			t.Errorf("%+v: token of %d characters, %v", test, len(a.token), missing)
		}
		if !strings.Contains(a.url(), "://127.0.0.1:") {
			t.Errorf("%+v: %s", test, a.url())
		}
	}
}
