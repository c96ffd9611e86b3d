package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// startCompressing starts a server that compresses messages.
func startCompressing(t *testing.T) *server {
	t.Helper()
	config := filepath.Join(t.TempDir(), "realtime.yml")
	if err := os.WriteFile(config, []byte("realtime: {compression: large}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return startWith(t, freeAddr(t), t.TempDir(), "--dev", "--config", config)
}

// TestCompression shows that clients of Node's ws in all protocols, which offer compression, agree
// on it with the server, write short and long updates, and get each other's, those of clients that
// come later included.
func TestCompression(t *testing.T) {
	t.Parallel()
	s := startCompressing(t)
	clients := map[string]*client{}
	var all []*client
	for name, version := range map[string]any{"yan": 2, "yve": 3, "jane": "json", "mia": "msgpack"} {
		c := newClient(t, name)
		c.native = isNative(version)
		c.open(s, room, version)
		if got := c.status().Extensions; got != "permessage-deflate" {
			t.Errorf("%s agreed on %q", name, got)
		}
		clients[name], all = c, append(all, c)
	}
	editAll(all, 50, newSeed(t))
	clients["yve"].do("paste", args{"bytes": 300_000}, nil)
	clients["jane"].do("paste", args{"bytes": 300_000}, nil)
	want := converge(t, all...)
	for name, version := range map[string]any{"late": 3, "json": "json", "msgpack": "msgpack"} {
		late := join(t, s, room, name, version)
		late.wait(args{"covers": []claim{want.Claim}})
		late.mustBeUndisturbed()
	}
	for _, c := range all {
		c.mustBeUndisturbed()
	}
}

// TestCompressionInPages shows that two users on pages in a browser, which compresses all that it
// sends, end with one text.
func TestCompressionInPages(t *testing.T) {
	t.Parallel()
	s := startCompressing(t)
	ann, bob := openPage(t, editorOptions{url: s.url(), room: room, name: "Ann"}), openPage(t, editorOptions{url: s.url(), room: room, name: "Bob"})
	ann.after("").types("Dogs\nDogs go on leads.")
	bob.wait(args{"markdown": "Dogs\n\nDogs go on leads."})
	bob.after("Dogs go").types(" always")
	mustAllShow(t, "Dogs\n\nDogs go always on leads.", ann, bob)
}
