package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestKeysAreReadAgain shows that SIGHUP puts a changed file with keys into effect: a new key is
// accepted, and one that is not in it any more is refused. A file that is wrong changes nothing.
func TestKeysAreReadAgain(t *testing.T) {
	first, second := strings.Repeat("1", 32), strings.Repeat("2", 32)
	list := func(key string) string {
		return fmt.Sprintf("- {name: backend, key: '%s', scopes: ['documents:read'], rooms: ['record:*']}\n", key)
	}
	keys := write(t, "keys.yml", list(first))
	p := startPiped(t, "--config", write(t, "realtime.yml", "realtime: {api: {enabled: true, keys_file: '"+keys+"'}}\n"))
	// There is no such document, so a key that is accepted is answered 404.
	mustAnswer := func(key string, want int) {
		t.Helper()
		r, err := http.NewRequest("GET", "http://"+p.addr+"/v1/documents/record:by-law-7", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("a key of %.1q is answered %d, want %d", key, resp.StatusCode, want)
		}
	}
	reload := func(text, says string) {
		t.Helper()
		if err := os.WriteFile(keys, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		p.until(says)
	}
	mustAnswer(first, http.StatusNotFound)
	mustAnswer(second, http.StatusUnauthorized)
	reload(list(second), "configuration reloaded")
	mustAnswer(second, http.StatusNotFound)
	mustAnswer(first, http.StatusUnauthorized)
	reload(list("short"), "configuration not reloaded.*api.keys_file")
	mustAnswer(second, http.StatusNotFound)
}
