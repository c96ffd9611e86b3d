package e2e

import (
	"syscall"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestProviderResync shows that a provider that is sent the document again, as a record was locked
// and is open again, does not take the receipt of an edit that was on its way for that of its
// answer, which has what was refused: the server is stopped before it can store the answer, and
// killed.
func TestProviderResync(t *testing.T) {
	t.Parallel()
	for i, version := range ownProviders {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			p := newTokenRoom(t, "by-law-9")
			chair := newClient(t, "chair")
			chair.openWith(p.s, p.room, args{"version": "json", "params": args{"token": p.token("chair", "--record", p.room, "--access", "admin")}})
			c := p.newClient("Ann", version)
			c.writes("well known")
			c.wait(args{"saved": true})
			chair.steers("lock", "vote")
			c.wait(args{"readOnly": true})
			c.writes("refused ")
			c.wait(args{"failure": protocol.CodeRoomLocked, "unsaved": 1})

			c.do("pause", nil, nil) // the document does not arrive before the edit is made
			chair.steers("unlock")
			chair.wait(args{"readOnly": false})
			c.do("erase", args{"at": len("refused "), "length": len("well ")}, nil)
			chair.wait(args{"lacks": []string{"well "}})
			p.s.untilMetrics("the edit is acknowledged", func(metrics string) bool { return acks(p.s, metrics, i) == 2 })
			p.s.freeze()
			c.do("resume", nil, nil)
			c.wait(args{"version": 2, "readOnly": false}) // of the receipt
			if st := c.status(); st.Unsaved == 0 {
				t.Error("the answer is not stored, and counts as saved")
			}

			p.s.kill()
			c.wait(args{"connected": false})
			c.writes("more ")
			p.s = p.s.restart()
			c.wait(args{"saved": true})
			converge(t, c, p.newClient("Bob", 3))
			c.mustBeSound()
		})
	}
}

// freeze stops the process, and returns when none of its threads runs any more.
func (s *server) freeze() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		s.t.Fatal(err)
	}
	var status syscall.WaitStatus
	_, err := syscall.Wait4(s.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
	for err == syscall.EINTR {
		_, err = syscall.Wait4(s.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
	}
	if err != nil || !status.Stopped() {
		s.t.Fatalf("the server has not stopped: %v, %v", status, err)
	}
}

// acks returns the number of receipts that clients with a version of our own provider were sent.
func acks(s *server, metrics string, version int) float64 {
	return s.metricIn(metrics, `realtime_sent_messages_total{protocol="`+ownProtocols[version]+`",kind="ack"}`)
}
