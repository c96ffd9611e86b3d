package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// theBrowser is the one browser process of all tests, started when the first page is opened.
var theBrowser = sync.OnceValues(func() (*processes.Worker, error) {
	path, err := processes.FindChromium()
	if err != nil {
		return nil, err
	}
	w, err := startWorker("browser", "editor/browser.mjs", bundleDir(), path)
	if err != nil {
		return nil, err
	}
	browserStarted = w
	_, err = bundles() // bundles the scripts while the browser starts
	return w, err
})

var browserStarted *processes.Worker

// stopBrowser ends the browser when all tests are done.
func stopBrowser() {
	if browserStarted != nil {
		browserStarted.Stop()
	}
}

// bundles returns the directory, beside the server's binary, with the scripts of the page and of
// the editor for Node, which are bundled once.
var bundles = sync.OnceValues(func() (dir string, err error) {
	dir = bundleDir()
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	if _, err := os.Stat("editor/node_modules/esbuild"); err != nil {
		return "", errors.New("the editor is not installed: run `make test`, or `npm ci` in cmd/civic-realtime/e2e/editor")
	}
	if _, err := nodeworker.Run(context.Background(), "editor/build.mjs", dir); err != nil {
		return "", fmt.Errorf("bundling the editor: %w", err)
	}
	return dir, nil
})

func bundleDir() string { return filepath.Join(filepath.Dir(serverBinary), "editor") }
