package cluster

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// before is the last commit that knew of no other nodes.
const before = "a028cd88a19069d907a5155109335f7ce06abf51"

// binaryBefore builds the server of that commit, once.
var binaryBefore = sync.OnceValues(func() (string, error) {
	source := filepath.Join(folder, "before")
	if err := os.Mkdir(source, 0o700); err != nil {
		return "", err
	}
	archive := exec.Command("git", "archive", before)
	archive.Dir = "../../../.."
	var complaint bytes.Buffer
	archive.Stderr = &complaint
	out, err := archive.Output()
	if err != nil {
		return "", &missingCommit{complaint.String()}
	}
	unpack := exec.Command("tar", "-x", "-C", source)
	unpack.Stdin = bytes.NewReader(out)
	if err := unpack.Run(); err != nil {
		return "", err
	}
	to := filepath.Join(folder, "civic-realtime-before")
	return to, processes.Build(source, to)
})

type missingCommit struct{ complaint string }

func (m *missingCommit) Error() string {
	return "the history of this clone lacks " + before + " (git fetch --unshallow): " + strings.TrimSpace(m.complaint)
}

// TestUpgrade shows that a single node of the commit before is replaced by this one under load, and
// that its data directory becomes that of the first of several nodes: nothing is lost. In a source
// tree without that commit the server before is this one.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	old, err := binaryBefore()
	if missing := new(missingCommit); errors.As(err, &missing) {
		t.Log(err)
		old, err = binary, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	c := newCluster(t, setup{nodes: 1, alone: true, binaries: []string{old}})
	n := c.nodes[0]
	c.room("minutes", 0, 0, 0)
	c.room("by-law", 0, 0)
	c.page("pages", 3)
	c.types()
	n.terminate()
	n.binary = binary
	c.restart(0)
	c.types()

	n.terminate()
	s := setup{redis: redistest.Start(t)}
	c.addNode(s, 1) // a node that shares
	c.addNode(s, 2)
	c.nodes[1].dir = n.dir
	c.nodes = c.nodes[1:]
	began := time.Now()
	c.restart(0)
	t.Logf("all type %v after the start on Redis", c.awaitTyping(began))
	c.restart(1)
	c.types()
	c.kill(0)
	c.types()
	c.restart(0)
	c.types()
	c.settle()
	for _, line := range n.log.Complaints(c.excuse...) {
		t.Errorf("%s logs %s", n.name, line)
	}
}

// forms is the variable with the newest form that a node reads.
const forms = "github.com/civicpress/civic-realtime/cmd/civic-realtime/app.newestForm"

// testReleases runs a node that writes the oldest forms that are read beside one that writes the
// newest, and makes them take rooms from each other.
func testReleases(t *testing.T) {
	oldest := filepath.Join(t.TempDir(), "civic-realtime-oldest")
	if err := processes.Build("../../../..", oldest, "-ldflags", "-X "+forms+"=1"); err != nil {
		t.Fatal(err)
	}
	c := newCluster(t, setup{redis: redistest.Start(t), nodes: 2, binaries: []string{oldest, binary}})
	c.room("minutes", 0, 1)
	c.room("by-law", 1, 0)
	c.types()
	for range 2 {
		for i, n := range c.nodes {
			n.terminate()
			c.opened()
			c.types()
			c.restart(i)
			c.types()
		}
	}
	c.settle()
}
