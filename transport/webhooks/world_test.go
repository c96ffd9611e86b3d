package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
)

// secretText is a secret in its text form.
const secretText = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func secret(t testing.TB, text string) standardwebhooks.Secret {
	t.Helper()
	s, err := standardwebhooks.ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// world is webhooks in a bubble, with receivers on a network of pipes.
type world struct {
	*Webhooks
	t      *testing.T
	c      Config
	box    *persist.MemoryOutbox
	out    logBuffer
	sites  map[string]*site // by host
	closed bool
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// inWorld runs f in a bubble, with endpoints at these hosts, which want all events.
func inWorld(t *testing.T, hosts []string, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, box: persist.NewMemoryOutbox(), sites: map[string]*site{}}
		for _, host := range hosts {
			w.sites[host] = newSite(w, host)
			w.c.Endpoints = append(w.c.Endpoints, Endpoint{
				URL: "http://" + host + "/hook?token=hidden", Events: Types(),
				Secrets: []standardwebhooks.Secret{secret(t, secretText)},
			})
		}
		w.c.Open = func(context.Context) (Outbox, error) { return w.box.Open(), nil }
		w.c.Dial = w.dial
		w.start()
		f(w)
		w.stop()
		for _, s := range w.sites {
			s.close()
		}
		pass(time.Minute) // until what sites were doing has ended
	})
}

// start starts a process with the outbox.
func (w *world) start() {
	w.t.Helper()
	w.Webhooks = New(w.c, slog.New(slog.NewTextHandler(&w.out, nil)))
	if err := w.Start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

// stop ends it.
func (w *world) stop() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := w.Close(ctx); err != nil {
		w.t.Error(err)
	}
	synctest.Wait()
}

// setOutboxBytes sets how much the outbox may take.
func (w *world) setOutboxBytes(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.set.OutboxBytes = n
}

// sentByOther makes another node the one that sends, which is dead: nothing leaves the outbox.
func (w *world) sentByOther() *holder {
	w.t.Helper()
	w.stop()
	other := &holder{node: "other"}
	w.c.Shared = true
	w.c.Open = func(context.Context) (Outbox, error) {
		return shared{w.box.Open(), "this", other}, nil
	}
	w.start()
	return other
}

// takesNothing is an outbox whose disk may be full.
type takesNothing struct {
	*persist.MemoryOutbox
	full *atomic.Bool
}

func (b takesNothing) Add(ctx context.Context, limit int64, entries []Entry, marks []Mark) error {
	if b.full.Load() {
		return errors.New("no space left on device")
	}
	return b.MemoryOutbox.Add(ctx, limit, entries, marks)
}

// kill ends it as kill -9 does: what is not in the outbox is lost, and no outcome of an attempt is
// stored.
func (w *world) kill() {
	_ = w.box.Close()
	w.cancel()
	w.mu.Lock()
	w.Webhooks.closed = true
	w.mu.Unlock()
	close(w.Webhooks.stop)
	w.ended.Wait()
}

func (w *world) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, _ := net.SplitHostPort(address)
	s := w.sites[host]
	if s == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return s.dial(ctx)
}

// changed announces a change of a room.
func (w *world) changed(room string, version uint64, users ...string) {
	n := engine.Announcement{Kind: engine.DocumentChanged, Room: room, Incarnation: 7, Version: version, Time: time.Now()}
	for _, u := range users {
		n.Writers = append(n.Writers, engine.Writer{ID: u})
	}
	w.Announce(n)
	synctest.Wait()
}

// saved announces a save of a room.
func (w *world) saved(room string, version uint64) {
	w.Announce(engine.Announcement{Kind: engine.DocumentStored, Room: room, Incarnation: 7, Version: version, Time: time.Now()})
	synctest.Wait()
}

// metric returns the value of a metric with its labels.
func (w *world) metric(name string) string {
	w.t.Helper()
	var b bytes.Buffer
	w.WriteMetrics(&b)
	for line := range strings.Lines(b.String()) {
		if value, ok := strings.CutPrefix(line, "realtime_webhooks_"+name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	w.t.Errorf("there is no metric %s in %s", name, &b)
	return ""
}

func (w *world) wantMetric(name, want string) {
	w.t.Helper()
	if got := w.metric(name); got != want {
		w.t.Errorf("%s is %s, want %s", name, got, want)
	}
}

func pass(d time.Duration) {
	time.Sleep(d) // in the bubble's time
	synctest.Wait()
}

// delivery is a request that a site has got.
type delivery struct {
	at     time.Duration // since the world began
	id     string
	body   string
	header http.Header
}

// site is a receiver.
type site struct {
	w      *world
	host   string
	began  time.Time
	conns  chan net.Conn
	done   chan struct{}
	server *http.Server

	mu     sync.Mutex
	down   bool // connections are refused
	answer func(w http.ResponseWriter, r *http.Request, d delivery)
	got    []delivery
}

func newSite(w *world, host string) *site {
	s := &site{w: w, host: host, began: time.Now(), conns: make(chan net.Conn), done: make(chan struct{})}
	s.server = &http.Server{Handler: s}
	go func() { _ = s.server.Serve(s) }()
	return s
}

// Accept implements net.Listener.
func (s *site) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (s *site) Close() error { return nil }

// Addr implements net.Listener.
func (s *site) Addr() net.Addr { return &net.TCPAddr{} }

func (s *site) close() {
	close(s.done)
	_ = s.server.Close()
}

func (s *site) dial(ctx context.Context) (net.Conn, error) {
	s.mu.Lock()
	down := s.down
	s.mu.Unlock()
	if down {
		return nil, &net.OpError{Op: "dial", Err: fmt.Errorf("connection refused")}
	}
	ours, theirs := net.Pipe()
	select {
	case s.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ServeHTTP verifies the signature of a request.
func (s *site) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if err := standardwebhooks.Verify(r.Header, body, time.Now().Unix(), secret(s.w.t, secretText)); err != nil {
		s.w.t.Errorf("%s: %v", body, err)
	}
	d := delivery{time.Since(s.began), r.Header.Get(standardwebhooks.HeaderID), string(body), r.Header}
	s.mu.Lock()
	answer := s.answer
	s.got = append(s.got, d)
	s.mu.Unlock()
	if answer != nil {
		answer(rw, r, d)
	}
}

// answers sets how the site answers; nil: with 200.
func (s *site) answers(f func(w http.ResponseWriter, r *http.Request, d delivery)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

// answersCode makes the site answer with a status.
func (s *site) answersCode(code int) {
	s.answers(func(w http.ResponseWriter, _ *http.Request, _ delivery) { w.WriteHeader(code) })
}

func (s *site) setDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// take returns what the site has got since the last call.
func (s *site) take() []delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}

// want compares what the site has got since the last call with texts such as
// "document.changed record:a 3".
func (s *site) want(want ...string) (got []delivery) {
	s.w.t.Helper()
	got = s.take()
	var texts []string
	for _, d := range got {
		texts = append(texts, textOf(s.w.t, d))
	}
	if fmt.Sprintf("%q", texts) != fmt.Sprintf("%q", want) {
		s.w.t.Errorf("%s got %q, want %q", s.host, texts, want)
	}
	return got
}

// wantSorted is want for messages of several rooms, which come in any order.
func (s *site) wantSorted(want ...string) {
	s.w.t.Helper()
	var texts []string
	for _, d := range s.take() {
		texts = append(texts, textOf(s.w.t, d))
	}
	slices.Sort(texts)
	slices.Sort(want)
	if !slices.Equal(texts, want) {
		s.w.t.Errorf("%s got %q, want %q", s.host, texts, want)
	}
}

func textOf(t *testing.T, d delivery) string {
	t.Helper()
	var b struct {
		Type      string
		Timestamp time.Time
		Data      struct {
			Room    string
			Version uint64
		}
	}
	if err := json.Unmarshal([]byte(d.body), &b); err != nil || b.Timestamp.IsZero() {
		t.Errorf("%s: %v", d.body, err)
	}
	text := b.Type + " " + b.Data.Room
	if b.Data.Version > 0 {
		text += fmt.Sprint(" ", b.Data.Version)
	}
	return strings.TrimSpace(text)
}
