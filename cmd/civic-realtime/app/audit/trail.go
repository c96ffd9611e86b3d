package audit

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// queueLines is how many lines may wait to be written.
	queueLines = 1024
	// syncInterval is the longest time for which a line is written and not synced.
	syncInterval = time.Second
	// closeTimeout is how long Close may take. A disk may not respond.
	closeTimeout = 2 * time.Second
)

// Trail is an audit trail. It is safe for concurrent use.
type Trail struct {
	name    string
	log     *slog.Logger
	reopens chan struct{} // has a request to reopen the file
	done    chan struct{} // closed when the goroutine has ended

	redact atomic.Pointer[func(text, room string) string] // nil: names of rooms are written

	queueing sync.RWMutex // guards closed, and the sending to lines
	closed   bool
	lines    chan *Line // nil for none: lines were lost

	written, lost, failures atomic.Uint64 // lines, lines, and attempts
	unsaid                  atomic.Int64  // lost lines that no line of the kind Lost has told
	failing                 atomic.Bool

	// Owned by the goroutine. The timers run only while there is something to sync, or a sampled
	// event to report.
	file           *file
	sampler        sampler
	syncs, samples *time.Timer
	dirty          bool // something is written and not synced; syncs runs
	counting       bool // samples runs
}

// Open opens a trail for writing at the end of a file, which is made for its owner only. It writes
// a line of the kind Start, with the version of the program. Its error says what to do.
func Open(name, version string, log *slog.Logger) (*Trail, error) {
	f, err := openFile(name)
	if err != nil {
		return nil, wrap(name, err)
	}
	t := &Trail{
		name: name, log: log, file: f, sampler: sampler{counts: map[sampleKey]*count{}},
		lines: make(chan *Line, queueLines), reopens: make(chan struct{}, 1),
		done: make(chan struct{}), syncs: stoppedTimer(), samples: stoppedTimer(),
	}
	start := Line{Time: time.Now().UTC(), Kind: Start, Version: version}
	if err := f.write(start.encode()); err != nil {
		_ = f.out.Close()
		return nil, wrap(name, err)
	}
	t.wrote()
	go t.run()
	return t, nil
}

func stoppedTimer() *time.Timer {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return timer
}

// Add adds a line, with the present time if it has none. It never waits. A nil Trail ignores it.
func (t *Trail) Add(l Line) {
	if t == nil {
		return
	}
	if l.Time.IsZero() {
		l.Time = time.Now().UTC()
	}
	if redact := t.redact.Load(); redact != nil {
		l.Reason, l.Room = (*redact)(l.Reason, l.Room), (*redact)(l.Room, l.Room)
	}
	if !t.enqueue(&l) {
		t.lose(1)
	}
}

// Redact makes lines have what f returns in the place of texts that may have the name of a room. A
// nil Trail ignores it.
func (t *Trail) Redact(f func(text, room string) string) {
	if t != nil {
		t.redact.Store(&f)
	}
}

// enqueue passes a line to the goroutine, if there is room. nil makes it look for lost lines.
func (t *Trail) enqueue(l *Line) bool {
	t.queueing.RLock()
	defer t.queueing.RUnlock()
	if t.closed {
		return false
	}
	select {
	case t.lines <- l:
		return true
	default:
		return false
	}
}

// Lose counts lines that were lost before they came to the trail. A nil Trail ignores it.
func (t *Trail) Lose(n int) {
	if t != nil && n > 0 {
		t.lose(n)
		t.enqueue(nil)
	}
}

func (t *Trail) lose(n int) {
	t.lost.Add(uint64(n))
	t.unsaid.Add(int64(n))
}

// Reopen makes the trail open its file again, as the file was renamed. It does not wait for that.
// A nil Trail ignores it.
func (t *Trail) Reopen() {
	if t == nil {
		return
	}
	select {
	case t.reopens <- struct{}{}:
	default: // one is requested already
	}
}

// Close writes what waits and a line of the kind Stop, and syncs and closes the file. It gives up
// after closeTimeout, as the disk may not respond. Lines that are added later are lost. It may be
// called once, also on a nil Trail.
func (t *Trail) Close() error {
	if t == nil {
		return nil
	}
	t.Add(Line{Kind: Stop})
	t.queueing.Lock()
	t.closed = true
	close(t.lines)
	t.queueing.Unlock()
	late := time.NewTimer(closeTimeout)
	defer late.Stop()
	select {
	case <-t.done:
	case <-late.C:
		return fmt.Errorf("audit.file: %s does not take the last lines in time", t.name)
	}
	if n := t.unsaid.Load(); n > 0 {
		return fmt.Errorf("audit.file: %d lines are lost", n)
	}
	return nil
}

// run writes lines until the queue is closed.
func (t *Trail) run() {
	defer close(t.done)
	for {
		select {
		case l, ok := <-t.lines:
			if !ok {
				t.end()
				return
			}
			t.receive(l)
		case <-t.syncs.C:
			t.sync()
		case <-t.samples.C:
			t.counting = false
			t.report()
			t.count()
		case <-t.reopens:
			t.reopen()
		}
	}
}

// receive writes a line, unless it is only to be counted. nil stands for no line.
func (t *Trail) receive(l *Line) {
	if l != nil && t.sampler.admit(l) {
		t.write(l)
	}
	if t.count(); len(t.lines) == 0 {
		t.sayLost()
	}
}

// count makes report be called in sampleInterval if there are sampled events.
func (t *Trail) count() {
	if !t.counting && len(t.sampler.counts) > 0 {
		t.counting = true
		t.samples.Reset(sampleInterval)
	}
}

// report writes the lines about sampled events that are due.
func (t *Trail) report() {
	for _, l := range t.sampler.due(time.Now().UTC()) {
		t.write(&l)
	}
	t.sayLost()
}

// end writes what is left, and closes the file.
func (t *Trail) end() {
	for len(t.sampler.counts) > 0 {
		t.report()
	}
	t.sayLost()
	if err := t.file.close(); err != nil {
		t.fail(err)
	}
}

// sayLost writes how many lines are lost, if any are that no line has told.
func (t *Trail) sayLost() {
	n := t.unsaid.Load()
	if n == 0 {
		return
	}
	l := Line{Time: time.Now().UTC(), Kind: Lost, Times: int(n)}
	if err := t.file.write(l.encode()); err != nil {
		t.fail(err)
		return
	}
	t.unsaid.Add(-n)
	t.wrote()
}

func (t *Trail) write(l *Line) {
	if err := t.file.write(l.encode()); err != nil {
		t.lose(1)
		t.fail(err)
		return
	}
	t.wrote()
}

func (t *Trail) wrote() {
	t.written.Add(1)
	if !t.dirty {
		t.dirty = true
		t.syncs.Reset(syncInterval)
	}
	if t.failing.Swap(false) {
		t.log.Info("audit trail can be written again", slog.String("file", t.name))
	}
}

// fail counts a failure, and logs the first of several in a row.
func (t *Trail) fail(err error) {
	t.failures.Add(1)
	if !t.failing.Swap(true) {
		t.log.Error("audit trail cannot be written; its lines are lost until it can, and editing goes on",
			slog.String("file", t.name), slog.String("reason", err.Error()))
	}
}

func (t *Trail) sync() {
	if t.dirty = false; t.file.sync() != nil {
		t.failures.Add(1)
	}
}

func (t *Trail) reopen() {
	if err := t.file.reopen(); err != nil {
		t.failures.Add(1)
		t.log.Error("audit trail cannot be opened again; lines go to the file that was open",
			slog.String("file", t.name), slog.String("reason", err.Error()))
		return
	}
	t.log.Info("audit trail is opened again", slog.String("file", t.name))
}

// WriteMetrics writes the trail's metrics in the Prometheus text format.
func (t *Trail) WriteMetrics(w io.Writer) {
	failing := 0
	if t.failing.Load() {
		failing = 1
	}
	fmt.Fprintf(w, "realtime_audit_lines_total %d\n", t.written.Load())
	fmt.Fprintf(w, "realtime_audit_lines_lost_total %d\n", t.lost.Load())
	fmt.Fprintf(w, "realtime_audit_failures_total %d\n", t.failures.Load())
	fmt.Fprintf(w, "realtime_audit_failing %d\n", failing)
}
