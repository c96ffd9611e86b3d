package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// browser is a Chromium that executes the commands of the console's tests; their driver.mjs has
// them.
type browser struct {
	node *nodeworker.Process
	out  *bufio.Reader
	last int
}

// startBrowser starts a browser whose driver is in folder.
func startBrowser(folder string) (*browser, error) {
	if err := nodeworker.Check(folder, "playwright-core"); err != nil {
		return nil, err
	}
	path, err := chromium()
	if err != nil {
		return nil, err
	}
	node, err := nodeworker.Start(os.Stderr, folder+"/driver.mjs", path)
	if err != nil {
		return nil, err
	}
	return &browser{node: node, out: bufio.NewReader(node.Out)}, nil
}

// chromium returns the path of a browser: CHROMIUM, or an executable with a usual name.
func chromium() (path string, err error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the row console needs Chromium on the PATH, or its path in CHROMIUM")
}

// do executes a command, and decodes its result into out, which may be nil.
func (b *browser) do(command string, arguments map[string]any, out any) error {
	b.last++
	message := map[string]any{"id": b.last, "cmd": command}
	for k, v := range arguments {
		message[k] = v
	}
	line, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if _, err := b.node.In.Write(append(line, '\n')); err != nil {
		return err
	}
	if line, err = b.out.ReadBytes('\n'); err != nil {
		return fmt.Errorf("browser: %s: %w", command, err)
	}
	var answer struct {
		Result json.RawMessage
		Error  string
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return fmt.Errorf("browser: %s: %s", command, answer.Error)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer.Result, out)
}

// close ends the browser.
func (b *browser) close() {
	_ = b.node.In.Close()
	_ = b.node.Wait()
}
