package e2e

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestKillWhileDeleting shows that kill -9 of the server while a document is deleted leaves it
// whole, with its versions, or deleted without any; and that deleting it again completes that, so
// that a client which still has all of it does not bring it back.
func TestKillWhileDeleting(t *testing.T) {
	t.Parallel()
	s, outcomes := start(t), map[string]int{}
	for i := range 5 {
		room := fmt.Sprint("doomed", i)
		ann := join(t, s, room, "ann", 3)
		ann.writes("<all of it>")
		converge(t, ann, join(t, s, room, "bob", 3))
		for n := range 3 {
			run(t, "snapshot", "create", "--record", room, "--name", fmt.Sprint("version ", n), "--data-dir", s.dir)
		}
		deletion := exec.Command(serverBinary, "delete", room, "--yes", "--data-dir", s.dir)
		deletion.Env = []string{"HOME=" + t.TempDir()}
		if err := deletion.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { _ = deletion.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(rand.N(60 * time.Millisecond)): // a moment at random
		}
		s.kill()
		<-ended
		versions, deleted := len(s.versions(room).Versions), isListedAsDeleted(s, room)
		if deleted && versions > 0 || !deleted && versions < 3 {
			t.Errorf("%s: deleted: %v, with %d versions", room, deleted, versions)
		}
		outcomes[fmt.Sprint("deleted: ", deleted)]++
		s = s.restart()
		if !deleted {
			ann.wait(args{"synced": true})
			ann.shows("<all of it>")
		}
		run(t, "delete", room, "--yes", "--data-dir", s.dir)
		if !isListedAsDeleted(s, room) || len(s.versions(room).Versions) > 0 {
			t.Errorf("%s is not deleted completely", room)
		}
	}
	t.Log(outcomes)
}

// isListedAsDeleted reports whether a record is listed as deleted, by a running or stopped server.
func isListedAsDeleted(s *server, room string) bool {
	for line := range strings.Lines(string(s.snapshot("list"))) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[0] == room {
			return fields[2] == "deleted"
		}
	}
	return false
}
