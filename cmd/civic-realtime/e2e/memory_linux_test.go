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
	drainRoom   = 12_000_000 // bytes of text in each room
	drainMemory = 400 << 20
	// restingMemory is an upper bound of the memory with all rooms compressed, which take 230 MB.
	restingMemory = 290 << 20

	// manyHandshakes makes the server return memory to the system, as the memory that the rooms
	// took before they were compressed is not tested here. The server checks once in a ping
	// interval whether there were 500 handshakes, perhaps in the middle of these.
	manyHandshakes = 2*500 + 100
)

// lastingRooms is a configuration in which no snapshot is taken before the server shuts down.
const lastingRooms = "realtime:\n  snapshots: {interval: 3600, max_updates: 1000000, min_interval: 1h}\n"

// TestDrainMemory shows that a server with 45 empty rooms of 12 MB without a snapshot shuts down in
// the memory that it had, and that nothing is lost.
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
		writeTexts(t, s, fmt.Sprint("large-", i), 1, texts[i]...)
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
	for i := 0; i < drainRooms; i += 11 { // not all, as each takes a while to load
		mustHaveTexts(t, s, fmt.Sprint("large-", i), 1, texts[i]...)
	}
}

// anonymousMemory returns the memory of the process that is not backed by files, in bytes.
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

// memoryGroup is a control group that limits the memory of a process.
type memoryGroup struct {
	t         *testing.T
	dir, file string
}

// newMemoryGroup makes a group, with either version of control groups. It skips the test if that is
// not allowed.
func newMemoryGroup(t *testing.T) *memoryGroup {
	t.Helper()
	g := tryMemoryGroup(t)
	if g == nil {
		t.Skip("no control group can be made here; engine's TestDrainOfCompressedRooms runs anywhere")
	}
	return g
}

// tryMemoryGroup makes a group, or returns nil if that is not allowed.
func tryMemoryGroup(t *testing.T) *memoryGroup {
	t.Helper()
	name := fmt.Sprint("civic-realtime-test-", t.Name(), os.Getpid())
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
	return nil
}

func (g *memoryGroup) take(s *server) {
	g.t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, "cgroup.procs"), []byte(strconv.Itoa(s.cmd.Process.Pid)), 0); err != nil {
		g.t.Fatal(err)
	}
}

// limit waits until the process has no more than so many bytes, and sets that as its limit.
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

// remove waits until the process has left the group, as it may have been killed, and removes the
// group.
func (g *memoryGroup) remove() {
	for deadline := time.Now().Add(patience); os.Remove(g.dir) != nil; {
		if time.Now().After(deadline) {
			g.t.Errorf("%s cannot be removed", g.dir)
			return
		}
	}
}
