package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// run runs the binary with other arguments than serve; it must end with code 0.
func run(t *testing.T, args ...string) {
	t.Helper()
	s := launch(t, args...)
	if code := s.exit(patience); code != 0 {
		t.Fatalf("%q ends with code %d: %s", args, code, s.log)
	}
}

// TestBackupWhilePeopleWrite backs up a server whose clients type without a pause. A server that
// begins with the backup has everything that any client was sent before the backup was begun. Then
// the data directory is lost: after a restoration and a restart the clients reconnect by
// themselves, and all text is there again, that of after the backup too.
func TestBackupWhilePeopleWrite(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(uint64(newSeed(t)), 0))
	s, files := start(t), t.TempDir()
	const room = "minutes"
	writers, typing := startTyping(t, s, room, random)
	file := ""
	for i := range 3 {
		awaitMoment(writers[random.IntN(len(writers))], random)
		claims := receiptsOf(writers)
		file = filepath.Join(files, fmt.Sprint("backup", i))
		run(t, "backup", "--output", file, "--data-dir", s.dir)
		restored := filepath.Join(t.TempDir(), "data")
		run(t, "restore", file, "--data-dir", restored)
		run(t, "check", "--data-dir", restored)
		second := startAt(t, freeAddr(t), restored)
		join(t, second, room, fmt.Sprint("reader", i), 3).wait(args{"covers": claims})
		second.kill()
	}
	s.kill()
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	run(t, "restore", file, "--data-dir", s.dir)
	s = s.restart()
	for _, c := range writers {
		c.wait(args{"synced": true})
	}
	var kept []string
	for i, c := range writers {
		kept = append(kept, stopTyping(c, typing[i])...)
	}
	final := converge(t, append(writers, join(t, s, room, "newcomer", 3))...)
	mustHoldOnce(t, final.Text, kept)
	for _, c := range writers {
		c.mustBeSound()
	}
}

// receiptsOf returns what the clients have been sent, receipts of their own updates included.
func receiptsOf(clients []*client) (claims []claim) {
	for _, c := range clients {
		claims = append(claims, c.receipts())
	}
	return claims
}
