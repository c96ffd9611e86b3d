package handon

import (
	"errors"
	"net"
	"runtime"
	"sync"
	"testing"
)

// TestDialer shows that many connections share few with another node, that a node that was started
// again is dialed again at once, and that none is dialed after Close.
func TestDialer(t *testing.T) {
	cfg := Config{Node: "first", Secret: secret}
	l, address := listen(t, cfg)
	var d Dialer
	defer d.Close()
	pair := func() (here, there net.Conn) {
		t.Helper()
		here, err := d.Dial(t.Context(), &cfg, address, described)
		if err != nil {
			t.Fatal(err)
		}
		if there, err = l.Accept(); err != nil {
			t.Fatal(err)
		}
		return here, there
	}
	for range 100 {
		here, there := pair()
		mustPass(t, here, there)
		mustPass(t, there, here)
	}
	if n := d.Sessions(); n < 1 || n > min(4, runtime.GOMAXPROCS(0)) {
		t.Errorf("%d sessions", n)
	}
	l.sessions.mu.Lock()
	for s := range l.sessions.all {
		_ = s.Close()
	}
	l.sessions.mu.Unlock()
	here, there := pair()
	mustPass(t, here, there)
	d.Close()
	if _, err := here.Read(make([]byte, 1)); err == nil {
		t.Error("a stream goes on after Close")
	}
	if _, err := d.Dial(t.Context(), &cfg, address, described); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// TestDialAtOnce shows that connections that are handed on at the same moment share sessions.
func TestDialAtOnce(t *testing.T) {
	cfg := Config{Node: "first", Secret: secret}
	l, address := listen(t, cfg)
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
		}
	}()
	var d Dialer
	defer d.Close()
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if _, err := d.Dial(t.Context(), &cfg, address, described); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := d.Sessions(); n > min(4, runtime.GOMAXPROCS(0)) {
		t.Errorf("%d sessions", n)
	}
}

// TestClosedListener shows that connections that were handed on outlive their listener, and that
// the session ends with the last of them.
func TestClosedListener(t *testing.T) {
	cfg := Config{Node: "first", Secret: secret}
	l, address := listen(t, cfg)
	var d Dialer
	defer d.Close()
	here, err := d.Dial(t.Context(), &cfg, address, described)
	if err != nil {
		t.Fatal(err)
	}
	there, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	mustPass(t, here, there)
	mustPass(t, there, here)
	if _, err := d.Dial(t.Context(), &cfg, address, described); err == nil {
		t.Error("a connection is handed on to a node that accepts none")
	}
	_ = there.Close()
	_ = here.Close()
	for d.Sessions() > 0 { // ends when the listener's side has closed its connection
		runtime.Gosched()
	}
}
