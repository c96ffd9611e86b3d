package audit

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/release/inventory"
)

// registry is a registry of npm that knows one package and one vulnerability in it, by the protocol
// of npm.
type registry struct {
	mu    sync.Mutex
	asked []string // packages that were asked about, with versions
}

// ServeHTTP implements http.Handler.
func (g *registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch r.Method + " " + r.URL.Path {
	case "POST /-/npm/v1/security/advisories/bulk":
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			body = z
		}
		packages := map[string][]string{}
		if err := json.NewDecoder(body).Decode(&packages); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		g.mu.Lock()
		for name, versions := range packages {
			g.asked = append(g.asked, name+" "+strings.Join(versions, " "))
		}
		g.mu.Unlock()
		fmt.Fprint(w, `{"yjs": [{"id": 1, "url": "https://example.org/1", "title": "Too long", "severity": "high", "vulnerable_versions": "<14.0.0"}]}`)
	case "GET /yjs":
		fmt.Fprint(w, `{"name": "yjs", "dist-tags": {"latest": "14.0.0"}, "versions": {"13.6.0": {"name": "yjs", "version": "13.6.0"}, "14.0.0": {"name": "yjs", "version": "14.0.0"}}}`)
	default:
		http.NotFound(w, r)
	}
}

// TestNPMWithARegistry shows that npm itself, asked as make audit asks it, sends the packages of a
// list to its registry, and that what the registry knows of them is found.
func TestNPMWithARegistry(t *testing.T) {
	g := new(registry)
	s := httptest.NewServer(g)
	defer s.Close()
	dir, cache := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"npm_config_registry": s.URL, "npm_config_cache": cache, "npm_config_userconfig": os.DevNull,
		"npm_config_update_notifier": "false",
		"HTTP_PROXY":                 "", "http_proxy": "", "npm_config_proxy": "", "npm_config_noproxy": "127.0.0.1",
	} {
		t.Setenv(name, text)
	}
	folder := filepath.Join(dir, filepath.Dir(inventory.LockFile))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	const root = `"name": "a", "version": "1.0.0", "dependencies": {"yjs": "13.6.0"}`
	for name, text := range map[string]string{
		"package.json":      `{` + root + `}`,
		"package-lock.json": `{"name": "a", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {"": {` + root + `}, "node_modules/yjs": {"version": "13.6.0"}}}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := NPM(t.Context(), dir, enough, known)
	if err != nil {
		t.Fatal(err)
	}
	mustPrint(t, all, false, "in the binary: "+inventory.LockFile+": yjs 13.6.0 (high); Too long: https://example.org/1\n")
	if asked := strings.Join(g.asked, ", "); asked != "yjs 13.6.0" {
		t.Errorf("the registry was asked about %q", asked)
	}
}
