package takeover

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// running is a server that may be taken over from.
type running struct {
	t      *testing.T
	dir    string
	offers *Offers
	public *net.TCPListener
	came   chan *Successor // what Await returned
	log    strings.Builder
}

// run begins to offer a public and an admin socket in dir.
func run(t *testing.T, dir string) *running {
	t.Helper()
	r := &running{t: t, dir: dir, came: make(chan *Successor, 1)}
	var sockets []Socket
	for _, name := range []string{"public", "admin"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		sockets = append(sockets, Socket{Name: name, Listener: l.(*net.TCPListener), Kept: name == "public"})
	}
	r.public = sockets[0].Listener
	var err error
	if r.offers, err = Listen(dir, sockets, slog.New(slog.NewTextHandler(&r.log, nil))); err != nil {
		t.Fatal(err)
	}
	go func() { r.came <- r.offers.Await() }()
	return r
}

// stop ends the offers, and returns what was logged.
func (r *running) stop() string {
	r.t.Helper()
	if err := r.offers.Close(); err != nil {
		r.t.Error(err)
	}
	if s := <-r.came; s != nil {
		r.t.Error("a process has taken over")
	}
	return r.log.String()
}

// mustAsk returns the predecessor in dir.
func mustAsk(t *testing.T, dir string) *Predecessor {
	t.Helper()
	p, err := Ask(dir)
	if err != nil || p == nil {
		t.Fatalf("%v, %v", p, err)
	}
	t.Cleanup(func() {
		_ = p.Close()
		for _, socket := range p.Sockets {
			_ = socket.Listener.Close()
		}
	})
	return p
}

// TestTakeover shows that the sockets reach the successor under their names, that a connection that
// is made while neither accepts waits for it, that it learns when the store is closed and what was
// lost, and that the predecessor learns that it serves.
func TestTakeover(t *testing.T) {
	for name, dir := range map[string]string{
		"an ordinary path": t.TempDir(),
		"a long path":      filepath.Join(t.TempDir(), strings.Repeat("long", 40)),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			r := run(t, dir)
			if info, err := os.Stat(filepath.Join(dir, SocketName)); err != nil || info.Mode().Perm() != 0o600 {
				t.Fatalf("%v, %v", info, err)
			}
			p := mustAsk(t, dir)
			if len(p.Sockets) != 2 || p.Sockets[0].Name != "public" || !p.Sockets[0].Kept || p.Sockets[1].Kept || p.PID != os.Getpid() {
				t.Fatalf("%+v", p)
			}
			lost := make(chan error)
			go func() { lost <- p.Begin() }()
			successor := <-r.came
			if _, err := os.Stat(filepath.Join(dir, SocketName)); !errors.Is(err, os.ErrNotExist) || successor.PID != os.Getpid() {
				t.Errorf("the socket stays: %v; %d", err, successor.PID)
			}
			_ = r.public.Close()
			client, err := net.Dial("tcp", p.Sockets[0].Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if err := successor.Release(errors.New("a full disk")); err != nil {
				t.Fatal(err)
			}
			if err := <-lost; err == nil || err.Error() != "a full disk" {
				t.Errorf("lost: %v", err)
			}
			served, err := p.Sockets[0].Listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			_ = served.Close()
			if err := errors.Join(p.Ready(), successor.Await(), successor.Close(), r.offers.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNothingToTakeOver shows that no server, and the socket of one that was killed, are the same.
func TestNothingToTakeOver(t *testing.T) {
	dir := t.TempDir()
	if p, err := Ask(dir); p != nil || err != nil {
		t.Errorf("%v, %v", p, err)
	}
	r := run(t, dir)
	_ = r.offers.listener.Close() // the file stays, as after a kill
	<-r.came
	if p, err := Ask(dir); p != nil || err != nil {
		t.Errorf("killed: %v, %v", p, err)
	}
	mustAsk(t, run(t, dir).dir)
}

// TestGivenUpBefore shows that a process which fails before it begins changes nothing: the next one
// is offered the sockets, too.
func TestGivenUpBefore(t *testing.T) {
	r := run(t, t.TempDir())
	for range 3 {
		if err := mustAsk(t, r.dir).Close(); err != nil {
			t.Fatal(err)
		}
	}
	last := mustAsk(t, r.dir) // offers are made one after the other
	if _, err := net.Dial("tcp", r.public.Addr().String()); err != nil {
		t.Error(err)
	}
	_ = last.Close()
	if log := r.stop(); strings.Count(log, "given up before it began") < 3 {
		t.Error(log)
	}
}

// TestClosedWhileAsked shows that a process that has asked and does not begin holds up no shutdown,
// and learns that there is nothing to take over.
func TestClosedWhileAsked(t *testing.T) {
	r := run(t, t.TempDir())
	p := mustAsk(t, r.dir)
	r.stop()
	if lost := p.Begin(); lost != errDied {
		t.Error(lost)
	}
}

// TestFailsAfterBegin shows that each side learns that the other has died.
func TestFailsAfterBegin(t *testing.T) {
	t.Run("the successor", func(t *testing.T) {
		r := run(t, t.TempDir())
		p := mustAsk(t, r.dir)
		go p.Begin()
		successor := <-r.came
		_ = p.Close()
		if err := successor.Await(); err == nil {
			t.Error("it serves")
		}
	})
	t.Run("the predecessor", func(t *testing.T) {
		r := run(t, t.TempDir())
		p := mustAsk(t, r.dir)
		lost := make(chan error)
		go func() { lost <- p.Begin() }()
		_ = (<-r.came).Close()
		if err := <-lost; err != errDied {
			t.Error(err)
		}
	})
}

// TestOtherVersions shows that a process of another version is told what to do, and so is one whose
// predecessor is of another version.
func TestOtherVersions(t *testing.T) {
	r := run(t, t.TempDir())
	conn, err := net.Dial("unix", filepath.Join(r.dir, SocketName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "{\"takeover\":7}\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(answer), "stop the one and start the other") || !strings.Contains(string(answer), "version 7") {
		t.Errorf("%s, %v", answer, err)
	}
	r.stop()

	l, err := net.Listen("unix", filepath.Join(r.dir, SocketName))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, said := range []string{`{"takeover":2}`, `{"error":"not now"}`, "no JSON", strings.Repeat("long", maxMessage)} {
		go func() {
			conn, err := l.Accept()
			if err == nil {
				_, _ = io.WriteString(conn, said+"\n")
				_, _ = io.Copy(io.Discard, conn)
				_ = conn.Close()
			}
		}()
		if p, err := Ask(r.dir); p != nil || err == nil || !strings.Contains(err.Error(), "hands nothing over") {
			t.Errorf("%.40s: %v, %v", said, p, err)
		}
	}
}

// TestMayTakeOver shows which users may take over.
func TestMayTakeOver(t *testing.T) {
	for _, test := range []struct {
		user, from int
		may        bool
	}{{1000, 1000, true}, {0, 1000, true}, {1001, 1000, false}, {1000, 0, false}} {
		if got := mayTakeOver(test.user, test.from); got != test.may {
			t.Errorf("%d from %d: %v", test.user, test.from, got)
		}
	}
}
