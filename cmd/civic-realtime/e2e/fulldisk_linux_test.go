package e2e

import (
	"net/http"
	"syscall"
	"testing"
	"unsafe"
)

// limitFiles makes the server's writes beyond so many bytes of a file fail, as on a full disk.
func (s *server) limitFiles(bytes uint64) {
	s.t.Helper()
	limit := syscall.Rlimit{Cur: bytes, Max: unlimited}
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(s.cmd.Process.Pid), syscall.RLIMIT_FSIZE,
		uintptr(unsafe.Pointer(&limit)), 0, 0, 0); errno != 0 {
		s.t.Fatal(errno)
	}
}

const unlimited = 1<<64 - 1

// TestFullDisk shows that when the disk is full nobody is sent updates that may be lost, clients
// whose protocol has a message for that are sent it, and new clients get the durable text, in any
// protocol; and that all get everything when there is space again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann, jane := join(t, s, "full", "ann", 3), newClient(t, "jane")
	jane.openWith(s, "full", args{"version": "json"})
	ann.do("edit", args{"seed": newSeed(t), "count": 30}, nil)
	durable := ann.report().Claim
	jane.wait(args{"covers": []claim{durable}})

	s.limitFiles(1)
	ann.do("edit", args{"seed": newSeed(t), "count": 30}, nil)
	waits := ann.report().Claim
	jane.wait(args{"notice": "Your changes are kept here, but cannot be stored at the moment; others see them when they are"})
	all := []*client{ann, jane}
	for name, version := range map[string]any{"two": 2, "three": 3, "json": "json", "msgpack": "msgpack"} {
		late := newClient(t, name)
		late.openWith(s, "full", args{"version": version}) // and waits until it has synced
		late.wait(args{"covers": []claim{durable}})
		all = append(all, late)
	}
	ann.do("presence", args{"state": args{"name": "ann"}}, nil)
	for _, c := range all[1:] {
		if len(c.missing([]claim{waits})) == 0 {
			t.Errorf("client %s was sent what may be lost", c.name)
		}
		if c.name == "two" || c.name == "three" {
			c.wait(args{"present": []string{"ann"}})
		}
	}
	if code := s.answers("/healthz"); code != http.StatusOK {
		t.Errorf("/healthz: %d", code)
	}
	if code := s.answers("/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", code)
	}

	s.limitFiles(unlimited)
	jane.wait(args{"notice": "Your changes are stored again"})
	converge(t, all...)
	ann.mustBeUndisturbed()
	for _, c := range all {
		c.mustBeSound()
	}
	s.kill()
	after := join(t, s.restart(), "full", "after", 3)
	after.wait(args{"covers": []claim{waits}})
}

// answers returns the status of the server's answer.
func (s *server) answers(path string) int {
	s.t.Helper()
	resp, err := http.Get("http://" + s.addr + path)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
