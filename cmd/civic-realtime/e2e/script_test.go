package e2e

import (
	"io"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// startScript runs a script with Node, which reads stdin, until it prints a match of the pattern,
// and returns the pattern's group. The process continues, to the end of the test at most.
func startScript(t *testing.T, pattern, stdin string, args ...string) (*nodeworker.Process, string) {
	t.Helper()
	written, complaints := processes.Watch(pattern), processes.Watch("")
	node, err := nodeworker.Start(complaints, args...)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(written, node.Out)
		_ = node.Wait()
	}()
	t.Cleanup(func() {
		node.Kill()
		<-ended
	})
	_, _ = io.WriteString(node.In, stdin)
	_ = node.In.Close()
	select {
	case found := <-written.Seen:
		return node, found
	case <-time.After(patience):
		t.Fatalf("it never writes %s:\n%s%s", pattern, written, complaints)
		return nil, ""
	}
}
