package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"syscall"
	"testing"
)

// silentReaders is how many clients read nothing.
const silentReaders = 500

// smallBuffers makes connections with small buffers, so that the server's writes soon wait.
var smallBuffers = net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
	const segment = 1000 // bytes; the size of the kernel's buffers depends on it
	return raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, segment)
	})
}}

// TestClientsThatReadNothing shows that a server of which most clients read nothing, in the middle
// of a message, drains without a failure, and that after a drain or a kill everything that was sent
// back is stored.
func TestClientsThatReadNothing(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, s *server){
		"SIGTERM": func(t *testing.T, s *server) {
			if code := s.terminate(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		},
		"SIGKILL": func(_ *testing.T, s *server) { s.kill() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(newSeed(t)), 0))
			s := start(t)
			const room = "unread"
			for range silentReaders {
				const headers = "Sec-WebSocket-Protocol: y-websocket\r\n" // so that they join at once
				dialRawWith(t, &smallBuffers, s, "/realtime/records/"+room, headers)
			}
			s.untilMetrics("all have joined", func(string) bool { return s.metric("realtime_peers") >= silentReaders })
			texts := []string{letters(random, 2_000_000), letters(random, 50), letters(random, 100_000)}
			writeTexts(t, s, room, 1, texts...)
			s.untilMetrics("all are behind", func(string) bool { return s.metric("realtime_queue_overflows_total") >= silentReaders })
			other := fmt.Sprint(room, 2)
			last := letters(random, 10)
			writeTexts(t, s, other, 1, last)
			end(t, s)
			s = s.restart()
			mustHaveTexts(t, s, room, 1, texts...)
			mustHaveTexts(t, s, other, 1, last)
		})
	}
}
