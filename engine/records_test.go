package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// memRecords is Records whose calls can be held and made to fail. Credentials that begin with
// "viewer" get the published text, and may save nothing.
type memRecords struct {
	mu                  sync.Mutex
	records             map[string]memRecord
	snapshots           map[string][]byte
	refused             []string // credentials that are refused
	failure             error    // returned by every call
	saves               []memSave
	attempts            int // calls of Save
	fetches             int
	snapshotCredentials []string            // one for each call of SaveSnapshot that succeeded
	rewrite             func(string) string // if set, changes drafts after Save

	onChange func()            // called by each call of Change
	onSave   func(text string) // called by each call of Save, first

	saving, savingSnapshot, fetching gate
	answering                        gate // for calls of Save that have saved
}

// memRecord is a record with the number of its changes, and the kind of the last.
type memRecord struct {
	published, draft string
	title            string
	hasDraft         bool
	changes          int
	last             Change
}

// memSave is a draft that was saved, and with which credential.
type memSave struct{ credential, markdown string }

// text returns the draft, if there is one and editor is set, or else the published text.
func (m memRecord) text(editor bool) Text {
	t := Text{Markdown: m.published, Title: m.title, ShowsDrafts: editor, Revision: Revision(fmt.Sprintf("p%d/%d", m.changes, m.last))}
	if m.hasDraft && editor {
		t.Draft = true
		t.Markdown, t.Revision = m.draft, Revision(fmt.Sprintf("d%d/%d", m.changes, m.last))
	}
	return t
}

var errAPI = errors.New("API is down")

func (s *memRecords) IsDraft(mark Revision) bool { return strings.HasPrefix(string(mark), "d") }

func (s *memRecords) check(credential string, saving bool) error {
	switch {
	case s.failure != nil:
		return s.failure
	case slices.Contains(s.refused, credential), saving && strings.HasPrefix(credential, "viewer"):
		return fmt.Errorf("403: %w", ErrCredential)
	}
	return nil
}

func (s *memRecords) Save(ctx context.Context, room roomkey.Key, credential string, since Revision, markdown string) (Text, error) {
	if s.onSave != nil {
		s.onSave(markdown)
	}
	if err := s.saving.pass(ctx); err != nil {
		return Text{}, err
	}
	answer, err := s.save(room, credential, since, markdown)
	if err := s.answering.pass(ctx); err != nil {
		return Text{}, err
	}
	return answer, err
}

func (s *memRecords) save(room roomkey.Key, credential string, since Revision, markdown string) (Text, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts++
	if err := s.check(credential, true); err != nil {
		return Text{}, err
	}
	r, ok := s.records[room.String()]
	if !ok {
		return Text{}, ErrNoRecord
	}
	if now := r.text(true); now.Revision != since {
		return Text{}, &ChangedError{Change: r.last, Now: now}
	}
	s.saves = append(s.saves, memSave{credential, markdown})
	r.draft, r.hasDraft, r.last = markdown, true, Edited
	r.changes++
	answer := r.text(true)
	if s.rewrite != nil {
		r.draft = s.rewrite(markdown)
		r.changes++
	}
	s.records[room.String()] = r
	return answer, nil
}

func (s *memRecords) Fetch(ctx context.Context, room roomkey.Key, credential string) (Text, error) {
	if err := s.fetching.pass(ctx); err != nil {
		return Text{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetches++
	if err := s.check(credential, false); err != nil {
		return Text{}, err
	}
	r, ok := s.records[room.String()]
	if !ok {
		return Text{}, ErrNoRecord
	}
	return r.text(!strings.HasPrefix(credential, "viewer")), nil
}

// Change returns the kind of the last change.
func (s *memRecords) Change(since Revision, now Text) (c Change) {
	if s.onChange != nil {
		s.onChange()
	}
	if since == now.Revision {
		return Unchanged
	}
	_, last, _ := strings.Cut(string(now.Revision), "/")
	_, _ = fmt.Sscan(last, (*int)(&c))
	return c
}

func (s *memRecords) LoadSnapshot(_ context.Context, room roomkey.Key, credential string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshots[room.String()], s.check(credential, false)
}

func (s *memRecords) SaveSnapshot(ctx context.Context, room roomkey.Key, credential string, snapshot []byte, _ uint64) error {
	if err := s.savingSnapshot.pass(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check(credential, true); err != nil {
		return err
	}
	s.snapshots[room.String()] = bytes.Clone(snapshot)
	s.snapshotCredentials = append(s.snapshotCredentials, credential)
	return nil
}

func (s *memRecords) remove(room string) memRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[room]
	delete(s.records, room)
	return r
}

func (s *memRecords) put(room string, r memRecord) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[room] = r
}

// setTitle gives a record a title, which need not be in its text.
func (s *memRecords) setTitle(room, title string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[room]
	r.title = title
	s.records[room] = r
}

// changeOutside changes a record as another program would.
func (s *memRecords) changeOutside(room string, how Change, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.records[room]
	r.changes++
	r.last = how
	switch how {
	case Edited:
		r.draft, r.hasDraft = text, true
	case Published:
		r.published, r.draft, r.hasDraft = text, "", false
	case Discarded:
		r.draft, r.hasDraft = "", false
	}
	s.records[room] = r
}

func (s *memRecords) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
}

func (s *memRecords) refuse(credentials ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = credentials
}

// saved returns the drafts that were saved.
func (s *memRecords) saved() []memSave {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.saves)
}

// saveAttempts returns the number of calls of Save.
func (s *memRecords) saveAttempts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts
}

// memArchive is a memStore that implements Archive.
type memArchive struct {
	*memStore
	expiring gate // for calls of Expire

	mu       sync.Mutex
	versions []memVersion
	expiries map[string]time.Time
	failure  error // returned by Expire
	dropped  int
	damaged  bool // makes Load fail
}

type memVersion struct {
	room, why string
	blob      []byte
	name      string
}

// Room implements Catalog.
func (a *memArchive) Room(_ context.Context, room string) (StoredRoom, error) {
	return StoredRoom{Key: room}, nil
}

// Versions implements Catalog.
func (a *memArchive) Versions(_ context.Context, room string) (all []Version, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, v := range a.versions {
		if v.room == room {
			all = append(all, Version{ID: uint64(i) + 1, Why: v.why, Name: v.name, Size: len(v.blob)})
		}
	}
	return all, nil
}

func (a *memArchive) KeepVersion(
	_ context.Context, room string, v Version, blob []byte,
) (id uint64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.versions = append(a.versions, memVersion{room, v.Why, bytes.Clone(blob), v.Name})
	return uint64(len(a.versions)), nil
}

func (a *memArchive) Expire(ctx context.Context, room string, at time.Time) error {
	if err := a.expiring.pass(ctx); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failure != nil {
		return a.failure
	}
	if at.IsZero() {
		delete(a.expiries, room)
	} else {
		a.expiries[room] = at
	}
	return nil
}

func (a *memArchive) DropExpired(_ context.Context, now time.Time) (rooms int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for room, at := range a.expiries {
		if !now.Before(at) {
			a.memStore.drop(room)
			delete(a.expiries, room)
			rooms++
		}
	}
	a.dropped += rooms
	return rooms, nil
}

func (a *memArchive) expiry(room string) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.expiries[room]
}

func (s *memStore) drop(room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rows, room)
	delete(s.snapshots, room)
}

// Notices about the record.
const (
	noticePublished   = recordsync.NoticePublished
	noticeDiscarded   = recordsync.NoticeDiscarded
	noticeChanged     = recordsync.NoticeChanged
	noticeMerged      = recordsync.NoticeMerged
	noticeStale       = recordsync.NoticeStale
	noticeAnew        = recordsync.NoticeRecreated
	noticeConflictIn  = recordsync.NoticeConflictIn
	noticeNotSaved    = recordsync.NoticeNotSaved
	noticeSavedAgain  = recordsync.NoticeSavedAgain
	noticeAlternation = recordsync.NoticeAlternation
)

// recordWorld is a world with records and an archive.
type recordWorld struct {
	*world
	records *memRecords
	archive *memArchive
	cfg     Config
}

// inRecordWorld runs f in a bubble where record "r" has been published with a text.
func inRecordWorld(t *testing.T, cfg Config, published string, f func(w *recordWorld)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newRecordWorld(t, cfg)
		w.records.records["r"] = memRecord{published: published}
		f(w)
		w.drain()
	})
}

func newRecordWorld(t *testing.T, cfg Config) *recordWorld {
	records := &memRecords{records: make(map[string]memRecord), snapshots: make(map[string][]byte)}
	archive := &memArchive{memStore: newMemStore(), expiries: make(map[string]time.Time)}
	cfg.Records, cfg.Compression = records, snapshot.Raw
	cfg.Drafts.MinInterval = cmp.Or(cfg.Drafts.MinInterval, 1)
	w := &recordWorld{&world{t: t, store: archive.memStore, out: new(logBuffer)}, records, archive, cfg}
	w.start()
	return w
}

func (w *recordWorld) start() {
	w.Engine = New(w.cfg, w.archive, slog.New(slog.NewTextHandler(w.out, nil)))
}

// kill ends the engine as a kill of the process would: the store and the records stay as they were
// when it was called.
func (w *recordWorld) kill() { w.killAs(func() {}) }

// killAs is kill for an engine that drains only after end is called.
func (w *recordWorld) killAs(end func()) {
	rows, snapshots := w.store.copyContents()
	w.records.fail(errAPI)
	end()
	w.drain()
	w.records.fail(nil)
	w.store.rows, w.store.snapshots = rows, snapshots
}

func (s *memStore) copyContents() (rows map[string][]memRow, snapshots map[string][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, snapshots = make(map[string][]memRow), make(map[string][]byte)
	for room := range s.rows {
		rows[room] = slices.Clone(s.rows[room])
	}
	for room := range s.snapshots {
		snapshots[room] = s.snapshots[room]
	}
	return rows, snapshots
}

// identityOf is a user with the record's text, as the transport has fetched it for the join.
func (w *recordWorld) identityOf(name string) Identity {
	identity := Identity{ID: name, Name: name, ReadOnly: strings.HasPrefix(name, "viewer"), Credential: name}
	w.records.mu.Lock()
	defer w.records.mu.Unlock()
	r, ok := w.records.records["r"]
	if text := r.text(!identity.ReadOnly); ok {
		identity.Text = &text
	}
	return identity
}

// opens joins as a user, and requests the document.
func (w *recordWorld) opens(name string) *client {
	return w.joinsWith(new(memConn), w.identityOf(name))
}

// joinsWith joins on a connection whose client may have a document, and requests the difference.
func (w *recordWorld) joinsWith(conn *memConn, identity Identity) *client {
	w.t.Helper()
	p, err := w.Join(context.Background(), roomkey.MustParse("r"), conn, protocol.YWebsocket{}, identity)
	if err != nil {
		w.t.Fatalf("join: %v", err)
	}
	c := &client{p, conn, w.world}
	conn.mu.Lock()
	have := conn.doc.AppendStateVector(nil)
	conn.mu.Unlock()
	c.sends(protocol.SyncRequest, have)
	pass(200 * time.Millisecond) // the answer waits until new updates are durable
	return c
}

// rejoins joins again with the client's document, all of which it sends.
func (w *recordWorld) rejoins(c *client, name string) *client {
	w.t.Helper()
	back := w.joinsWith(c.conn, w.identityOf(name))
	back.sends(protocol.SyncReply, c.conn.state())
	pass(200 * time.Millisecond)
	return back
}

// writes edits the client's document so that its text is the given one, and sends the update.
func (c *client) writes(text string) {
	c.w.t.Helper()
	tree, err := markdown.Parse(text)
	if err != nil {
		c.w.t.Fatal(err)
	}
	update, err := prose.Edit(yjs.Trust(c.conn.state()), markdown.Schema{}, tree)
	if err != nil || update == nil {
		c.w.t.Fatalf("nothing to write: %v", err)
	}
	c.sends(protocol.Update, update)
	settle()
	pass(200 * time.Millisecond) // for the echo
}

// shownText is the text that the client sees, as Markdown.
func (c *client) shownText() string {
	c.w.t.Helper()
	return markdownOf(c.w.t, c.conn.state())
}

// markdownOf returns the text of a document as Markdown.
func markdownOf(t *testing.T, state []byte) string {
	t.Helper()
	v, err := view.New(yjs.Trust(state))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := new(prose.Rendering).Markdown(v, markdown.Schema{})
	return text
}

// wantText fails unless all clients see this text.
func (w *recordWorld) wantText(want string, all ...*client) {
	w.t.Helper()
	for i, c := range all {
		if got := c.shownText(); got != want {
			w.t.Errorf("client %d reads %q, want %q", i+1, got, want)
		}
	}
}

// wantSaves fails unless exactly these drafts have been saved.
func (w *recordWorld) wantSaves(want ...memSave) {
	w.t.Helper()
	if got := w.records.saved(); !slices.Equal(got, want) {
		w.t.Errorf("saved %q, want %q", got, want)
	}
}

// notices returns the notices among the messages since the last call.
func (c *native) notices() (texts []string) {
	for _, m := range c.conn.take() {
		if m.name() == "control/notice" {
			texts = append(texts, m.Notice.Message)
		}
	}
	return texts
}

// wantNotices fails unless exactly these notices have come since the last call.
func (c *native) wantNotices(want ...string) {
	c.w.t.Helper()
	if got := c.notices(); !slices.Equal(got, want) {
		c.w.t.Errorf("notices %q, want %q", got, want)
	}
}

// joinWatcher joins as a native client that may write, and forgets the first messages.
func (w *recordWorld) joinWatcher(name string) *native {
	c := w.joinJSON("r", w.identityOf(name))
	pass(time.Second)
	c.conn.take()
	return c
}
