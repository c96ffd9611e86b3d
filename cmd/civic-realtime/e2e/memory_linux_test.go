package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

const (
	drainRooms  = 45
	drainRoom   = 12_000_000 // bytes of text in each
	drainMemory = 400 << 20
	// restingMemory is more than what the compressed rooms take, of which there are 230 MB.
	restingMemory = 290 << 20

	// manyHandshakes has the server give memory back to the system: what the rooms took
	// before they were compressed is not what is looked at here. The server looks once a ping
	// interval whether there were 500, and may do so in the middle of these.
	manyHandshakes = 2*500 + 100
)

// lastingRooms is a configuration with which no snapshot is taken before the server ends.
const lastingRooms = "realtime:\n  snapshots: {interval: 3600, max_updates: 1000000, min_interval: 1h}\n"

// TestDrainMemory shows that a server with 45 empty rooms of 12 MB, of which no snapshot has been
// taken, shuts down in the memory that it had, and that nothing is lost.
func TestDrainMemory(t *testing.T) {
	t.Parallel()
	if raceEnabled {
		t.Skip("the race detector takes several times the memory; engine's TestDrainOfCompressedRooms runs with it")
	}
	group := newMemoryGroup(t)
	random := rand.New(rand.NewPCG(uint64(newSeed(t)), 0))
	config := filepath.Join(t.TempDir(), "realtime.yml")
	if err := os.WriteFile(config, []byte(lastingRooms), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startWith(t, freeAddr(t), t.TempDir(), "--dev", "--config", config)
	group.take(s)
	texts := make([][]string, drainRooms)
	for i := range texts {
		for range 4 {
			texts[i] = append(texts[i], letters(random, drainRoom/4))
		}
		writes(t, s, fmt.Sprint("large-", i), 1, texts[i]...)
	}
	for n := range drainRooms {
		s.untilMetrics(fmt.Sprint(n+1, " rooms are compressed"), func(string) bool { return s.metric("realtime_compressed_rooms") > float64(n) })
	}
	for range manyHandshakes {
		dialRaw(t, s, "/realtime/records/small").Close()
	}
	s.untilMetrics("it has given memory back", func(string) bool { return s.anonymousMemory() < restingMemory })
	group.limit(drainMemory)
	if code := s.terminate(); code != 0 {
		t.Fatalf("exit code %d, %s", code, s.cmd.ProcessState)
	}
	s = s.restart()
	for i := 0; i < drainRooms; i += 11 { // each takes a while to load
		mustHold(t, s, fmt.Sprint("large-", i), 1, texts[i]...)
	}
}

// anonymousMemory is what the process has of memory that is no file's, in bytes.
func (s *server) anonymousMemory() int {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	found := regexp.MustCompile(`RssAnon:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		s.t.Fatal("the kernel does not say")
	}
	kilobytes, _ := strconv.Atoi(string(found[1]))
	return kilobytes << 10
}

// memoryGroup is a control group that counts the memory of a process.
type memoryGroup struct {
	t         *testing.T
	dir, file string
}

// newMemoryGroup makes one, with either version of control groups. It skips the test where
// that is not allowed.
func newMemoryGroup(t *testing.T) *memoryGroup {
	t.Helper()
	name := fmt.Sprint("civic-realtime-test-", os.Getpid())
	for root, limit := range map[string]string{"/sys/fs/cgroup/memory": "memory.limit_in_bytes", "/sys/fs/cgroup": "memory.max"} {
		g := &memoryGroup{t: t, dir: filepath.Join(root, name), file: limit}
		if os.Mkdir(g.dir, 0o700) != nil {
			continue
		}
		t.Cleanup(g.remove)
		if _, err := os.Stat(filepath.Join(g.dir, limit)); err == nil {
			return g
		}
	}
	t.Skip("no control group can be made here; engine's TestDrainOfCompressedRooms runs anywhere")
	return nil
}

func (g *memoryGroup) take(s *server) {
	g.t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, "cgroup.procs"), []byte(strconv.Itoa(s.cmd.Process.Pid)), 0); err != nil {
		g.t.Fatal(err)
	}
}

// limit sets how much the process may have from now on, in bytes, once it has no more than that.
func (g *memoryGroup) limit(bytes int) {
	g.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		err := os.WriteFile(filepath.Join(g.dir, g.file), []byte(strconv.Itoa(bytes)), 0)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			g.t.Fatal(err)
		}
	}
}

// remove waits until the process, which may have been killed, is out of it.
func (g *memoryGroup) remove() {
	for deadline := time.Now().Add(patience); os.Remove(g.dir) != nil; {
		if time.Now().After(deadline) {
			g.t.Errorf("%s cannot be removed", g.dir)
			return
		}
	}
}
