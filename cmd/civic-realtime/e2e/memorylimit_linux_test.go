package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket/rawframe"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

const (
	limitedMemory = 384 << 20
	limitedRoom   = 3_000_000 // bytes of text in a room
	limitedRooms  = 120       // more than fit
)

// TestMemoryLimit fills a server in a control group to its memory limit: with rooms whose clients
// have left, with rooms whose clients stay, with handshakes that do not end and with clients that
// read nothing. Nothing is killed and nothing that was acknowledged is lost: the warning comes,
// cold rooms are unloaded and come back when somebody opens them, and where rooms are refused it
// is with 4503, and for a time. Where no control group can be made, memory.limit has the same
// limit, and the log of the test says so.
func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	if raceEnabled {
		t.Skip("the race detector takes several times the memory; package memory's TestThresholds runs with it")
	}
	s := startLimited(t)
	random := rand.New(rand.NewPCG(uint64(newSeed(t)), 0))
	held := join(t, s, "held", "ann", 3)
	held.writes("written before")
	for range 200 { // clients that read nothing, and handshakes that do not end
		dialRaw(t, s, "/realtime/records/held")
		dialUnfinished(t, s)
	}
	var texts []string
	for i := range limitedRooms {
		opened := untilAdmitted(t, s, fmt.Sprint("cold-", i))
		text := letters(random, limitedRoom)
		texts = append(texts, text)
		writeTexts(t, s, fmt.Sprint("cold-", i), 1, text)
		opened.Close()
	}
	s.untilMetrics("it has warned", func(string) bool { return s.metric("realtime_memory_warnings_total") > 0 })
	s.untilMetrics("cold rooms are unloaded", func(string) bool { return s.metric("realtime_memory_evicted_rooms_total") > 10 })
	held.writes("written after")
	for i := 0; i < limitedRooms; i += 7 {
		opened := untilAdmitted(t, s, fmt.Sprint("cold-", i))
		mustHaveTexts(t, s, fmt.Sprint("cold-", i), 1, texts[i])
		opened.Close()
	}
	join(t, s, "held", "jane", 3).shows("written before", "written after")
	held.mustBeUndisturbed()
	select {
	case <-s.done:
		t.Fatalf("the server was killed: %s", s.cmd.ProcessState)
	default:
	}
	if usage, limit := s.metric("realtime_memory_usage_bytes"), s.metric("realtime_memory_limit_bytes"); limit != limitedMemory || usage > limit {
		t.Errorf("%v of %v bytes are used", usage, limit)
	}
	if log := s.log.String(); !strings.Contains(log, "memory is running out") {
		t.Error("nothing is logged")
	}
}

// dialUnfinished begins a handshake, with a header of 12 KiB that does not end.
func dialUnfinished(t *testing.T, s *server) {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "GET /realtime/records/held HTTP/1.1\r\nHost: %s\r\nX-Filler: %s", s.addr, strings.Repeat("x", 12<<10))
}

// untilAdmitted joins a room, as often as it is refused with 4503, and returns the connection,
// which reads nothing after its first message.
func untilAdmitted(t *testing.T, s *server, room string) *rawConn {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(pollInterval) {
		c := dialRaw(t, s, "/realtime/records/"+room)
		body := yjs.StateVector{}.Append(nil)
		hello := protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.SyncRequest, Body: body})
		_, _ = c.Write(frame(fin|opBinary, string(hello))) // fails if it was closed meanwhile
		head, payload, err := c.readFrame()
		for err == nil && head&0xf != opBinary && head&0xf != opClose {
			head, payload, err = c.readFrame() // after a ping
		}
		if err == nil && head&0xf == opBinary {
			return c
		}
		if err == nil {
			if code, reason := rawframe.CloseCode([]byte(payload)); code != 4503 {
				t.Fatalf("%s: closed with %d, %s", room, code, reason)
			}
		}
		c.Close()
	}
	t.Fatalf("%s is refused for a minute", room)
	return nil
}

// startLimited starts a server with a memory limit.
func startLimited(t *testing.T) *server {
	t.Helper()
	config := filepath.Join(t.TempDir(), "realtime.yml")
	if g := tryMemoryGroup(t); g != nil {
		g.limit(limitedMemory)
		write(t, config, "realtime: {enabled: true}\n")
		// The process finds the limit at its start, so it is started within the group.
		return g.start(config)
	}
	t.Log("no control group can be made here: memory.limit has the limit, and the kernel kills nothing")
	write(t, config, fmt.Sprintf("realtime: {memory: {limit: %d}}\n", limitedMemory))
	return startWith(t, freeAddr(t), t.TempDir(), "--dev", "--config", config)
}

// start starts a server in the group: a shell joins it, and becomes the server.
func (g *memoryGroup) start(config string) *server {
	g.t.Helper()
	args := []string{"-c", `echo $$ > "$0/cgroup.procs" && exec "$@"`, g.dir, serverBinary}
	dir, addr := g.t.TempDir(), freeAddr(g.t)
	s := launchAs(g.t, "/bin/sh", append(args, "serve", "--listen", addr, "--data-dir", dir, "--dev", "--config", config)...)
	s.dir = dir
	s.awaitListening()
	return s
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
