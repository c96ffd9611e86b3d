package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTokensForBrowsers shows that a token that a backend has made by the documents API opens a
// WebSocket of its record with real clients, that one with the access "read" may only read, and
// that no token opens another record.
func TestTokensForBrowsers(t *testing.T) {
	t.Parallel()
	dir, key := t.TempDir(), strings.Repeat("k", 32)
	keys, config := filepath.Join(dir, "keys.yml"), filepath.Join(dir, "config.yml")
	for path, text := range map[string]string{
		keys:   "- {name: backend, key: " + key + ", scopes: ['tokens:create'], rooms: ['record:*']}\n",
		config: "api: {enabled: true, keys_file: '" + keys + "'}\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := startWith(t, freeAddr(t), newDataDir(t), "--config", config)
	const room, other = "charter", "minutes"
	var all []string
	asUser := func(version any, record, user, access string) args {
		t.Helper()
		p := newProgram(t, []string{s.addr}, "record:"+record, user, 1)
		resp, body := p.send("POST", "/token", fmt.Sprintf(`{"user": {"id": %q, "name": %[1]q}, "access": %q}`, user, access),
			"Content-Type", "application/json", "Authorization", "Bearer "+key)
		made := decodedAs[struct{ Token, URL string }](t, body)
		if resp.StatusCode != http.StatusCreated || made.URL != s.url()+"/"+record {
			t.Fatalf("%d %s", resp.StatusCode, body)
		}
		all = append(all, made.Token)
		return args{"version": version, "params": args{"token": made.Token}}
	}
	ann := newClient(t, "ann")
	ann.openWith(s, room, asUser(3, room, "ann", "write"))
	for _, version := range []any{3, 2, "json"} {
		name := fmt.Sprint("of ", version)
		writer, reader, stranger := newClient(t, "writer "+name), newClient(t, "reader "+name), newClient(t, "stranger "+name)
		writer.openWith(s, room, asUser(version, room, "bob", "write"))
		writer.writes("<writer " + name + ">")
		ann.shows("<writer " + name + ">")

		reader.openWith(s, room, asUser(version, room, "cas", "read"))
		reader.shows("<writer " + name + ">")
		reader.do("write", args{"text": "<reader " + name + ">"}, nil)
		if version == "json" {
			reader.wait(args{"failure": "PERMISSION_DENIED"})
		} else {
			reader.wait(args{"problem": "read-only"})
		}
		writer.writes("<later " + name + ">")
		reader.shows("<later " + name + ">")
		ann.wait(args{"shows": []string{"<later " + name + ">"}, "lacks": []string{"<reader " + name + ">"}})

		options := asUser(version, room, "dan", "write")
		options["url"], options["room"] = s.url(), other
		stranger.do("open", options, nil)
		stranger.wait(args{"closes": 1})
		if closes := stranger.status().Closes; closes[0].Code != 4403 {
			t.Errorf("%v: the other record is closed with %+v", version, closes)
		}
	}
	for _, token := range all {
		if strings.Contains(s.log.String(), token) {
			t.Error("the log has a token")
		}
	}
}
