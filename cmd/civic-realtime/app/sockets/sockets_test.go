package sockets

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

// fakeServer is a server that can be taken over from, without clients or data.
type fakeServer struct {
	t      *testing.T
	h      *Handover
	closed atomic.Int32 // how often its store was closed
	ctx    context.Context
	stop   context.CancelFunc
	log    *bytes.Buffer
}

// Close is that of its store.
func (f *fakeServer) Close() error {
	f.closed.Add(1)
	return nil
}

func listen(t *testing.T) *net.TCPListener {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// serve starts a server in dir; lost is what it fails to store when it hands over.
func serve(t *testing.T, dir string, lost error) *fakeServer {
	t.Helper()
	f := &fakeServer{t: t, log: new(bytes.Buffer)}
	f.ctx, f.stop = context.WithCancel(context.Background())
	public, admin := listen(t), listen(t)
	f.h = Offer(Serving{Public: public, Admin: admin, Dir: dir, Store: f, Stop: func() {},
		Log: slog.New(slog.NewTextHandler(f.log, nil)),
		HandOver: func(drained func(error)) bool {
			_, _ = public.Close(), admin.Close()
			drained(lost)
			return true
		}})
	return f
}

func (f *fakeServer) wanted(dir string) Wanted {
	return Wanted{Public: f.h.Public.Addr().(*net.TCPAddr), Admin: f.h.Admin.Addr().(*net.TCPAddr), Takeover: true, Dir: dir}
}

// inherit returns what Inherit does, and what is logged.
func inherit(t *testing.T, w Wanted) (*Inherited, *bytes.Buffer, error) {
	t.Helper()
	log := new(bytes.Buffer)
	in, err := Inherit(w, slog.New(slog.NewTextHandler(log, nil)))
	if in != nil {
		t.Cleanup(func() { _ = in.Close() })
	}
	return in, log, err
}

// TestInherit shows which sockets of a running server another one takes: those at its own
// addresses, where port 0 is any; a public socket at another address is opened.
func TestInherit(t *testing.T) {
	for _, test := range []struct {
		name          string
		change        func(w *Wanted)
		public, admin bool
		says          string
	}{
		{"the same addresses", func(*Wanted) {}, true, true, ""},
		{"any ports", func(w *Wanted) {
			any := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
			w.Public, w.Admin = any, any
		}, true, true, ""},
		{"no admin API", func(w *Wanted) { w.Admin = nil }, true, false, ""},
		{"another admin port", func(w *Wanted) { w.Admin = w.Public }, true, false, ""},
		{"another address", func(w *Wanted) { w.Public = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)} }, false, true, ""},
		{"another address that is in use", func(w *Wanted) { w.Public = w.Admin }, false, false, "the running server listens at another address"},
		{"all addresses", func(w *Wanted) { w.Public = &net.TCPAddr{Port: w.Public.Port} }, false, false, "address already in use"},
		{"for development", func(w *Wanted) { w.Loopback = true }, true, true, ""},
		{"for development, on a public address", func(w *Wanted) {
			w.Loopback, w.Public = true, &net.TCPAddr{}
		}, false, false, "loopback addresses only"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			f := serve(t, dir, nil)
			w := f.wanted(dir)
			test.change(&w)
			in, _, err := inherit(t, w)
			if test.says != "" {
				if err == nil || !strings.Contains(err.Error(), test.says) {
					t.Errorf("%v", err)
				}
			} else if err != nil {
				t.Error(err)
			} else if at := in.Public.Addr().String(); (at == f.h.Public.Addr().String()) != test.public || (in.Admin != nil) != test.admin {
				t.Errorf("%s, %v", at, in.Admin)
			}
			if in != nil {
				_ = in.Close()
			}
			if on, err := f.h.End(f.ctx, nil); on != nil || err != nil || f.closed.Load() != 1 {
				t.Errorf("the server has noticed: %v, %v, %d", on, err, f.closed.Load())
			}
		})
	}
}

// TestNothingToInherit shows that a server without another one in its directory opens its sockets.
func TestNothingToInherit(t *testing.T) {
	in, log, err := inherit(t, Wanted{Public: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, Takeover: true, Dir: t.TempDir()})
	if err != nil || in.Public != nil || in.Claim(context.Background()) != nil || !strings.Contains(log.String(), "nothing to take over") {
		t.Fatalf("%v, %v, %s", in, err, log)
	}
	l, err := in.Listen(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	in.Serving()
}

// TestHandover shows how a takeover ends for both sides.
func TestHandover(t *testing.T) {
	full := errors.New("no space left on device")
	for _, test := range []struct {
		name  string
		lost  error
		after func(t *testing.T, f *fakeServer, in *Inherited) // the store is the new server's
		on    bool                                             // the old one serves on
		old   string                                           // in its log
	}{
		{"the new server serves", nil, func(_ *testing.T, _ *fakeServer, in *Inherited) { in.Serving() }, false, "handed over"},
		{"something is lost", full, func(_ *testing.T, _ *fakeServer, in *Inherited) { in.Serving() }, false, "handed over"},
		{"the new server fails", nil, func(_ *testing.T, _ *fakeServer, in *Inherited) { _ = in.Close() }, true, "this one serves on"},
		{"the old one is stopped", nil, func(_ *testing.T, f *fakeServer, _ *Inherited) { f.stop() }, false, "stopped before"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			f := serve(t, dir, test.lost)
			in, log, err := inherit(t, f.wanted(dir))
			if err != nil {
				t.Fatal(err)
			}
			if err := in.Claim(context.Background()); err != nil || f.closed.Load() != 1 {
				t.Fatalf("%v, %d", err, f.closed.Load())
			}
			if said := strings.Contains(log.String(), "has not stored everything"); said != (test.lost != nil) {
				t.Errorf("the new server logs %s", log)
			}
			test.after(t, f, in)
			on, err := f.h.End(f.ctx, nil)
			if (on != nil) != test.on || !errors.Is(err, test.lost) || f.closed.Load() != 1 || !strings.Contains(f.log.String(), test.old) {
				t.Fatalf("the old server ends with %v, %v and logs %s", on, err, f.log)
			}
			if on == nil {
				return
			}
			defer on.Close()
			client, err := net.Dial("tcp", f.h.Public.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			served, err := on.Public.Accept()
			if err != nil || on.Admin == nil || !on.Again {
				t.Fatal(err, on)
			}
			_ = served.Close()
		})
	}
}

// TestClaimIsStopped shows that a server that is stopped while it waits for the data gives up.
func TestClaimIsStopped(t *testing.T) {
	dir := t.TempDir()
	f := serve(t, dir, nil)
	in, _, err := inherit(t, f.wanted(dir))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := in.Claim(ctx); err == nil || !strings.Contains(err.Error(), "the server before serves on") {
		t.Error(err)
	}
	_, _ = f.h.End(f.ctx, nil)
}

// TestTakeoverDuringShutdown shows that a process that takes over from a server which is shutting
// down already waits for its end, and then has the data.
func TestTakeoverDuringShutdown(t *testing.T) {
	dir := t.TempDir()
	f := &fakeServer{t: t, log: new(bytes.Buffer)}
	asked := make(chan struct{})
	f.h = Offer(Serving{Public: listen(t), Dir: dir, Store: f, Log: slog.New(slog.NewTextHandler(f.log, nil)),
		HandOver: func(func(error)) bool {
			close(asked)
			return false
		}})
	w := Wanted{Public: f.h.Public.Addr().(*net.TCPAddr), Takeover: true, Dir: dir}
	in, _, err := inherit(t, w)
	if err != nil {
		t.Fatal(err)
	}
	claimed := make(chan error, 1)
	go func() { claimed <- in.Claim(context.Background()) }()
	<-asked
	ended := make(chan error, 1)
	go func() {
		_, err := f.h.End(context.Background(), nil)
		ended <- err
	}()
	if err := <-claimed; err != nil || f.closed.Load() != 1 {
		t.Errorf("%v, %d", err, f.closed.Load())
	}
	in.Serving()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
