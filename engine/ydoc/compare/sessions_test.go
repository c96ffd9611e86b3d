package compare_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/compare"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// model replays what a server receives, one edit after the other, and knows who wrote each unit,
// and who deleted it.
type model struct {
	writers, deleters map[yjs.ID]string
}

func newModel() model { return model{map[yjs.ID]string{}, map[yjs.ID]string{}} }

func (m model) receive(e edit, user string) {
	for id := e.first; id.Clock < e.end; id.Clock++ {
		if _, known := m.writers[id]; !known {
			m.writers[id] = user
		}
	}
	for _, r := range e.deletes {
		for id := (yjs.ID{Client: r.Client, Clock: r.Clock}); id.Clock < r.End; id.Clock++ {
			if _, known := m.deleters[id]; !known {
				m.deleters[id] = user
			}
		}
	}
}

// received is an edit, and the user of the peer that brought it.
type received struct {
	edit
	user string
}

// server is a room as the engine stores it.
type server struct {
	t       *testing.T
	doc     ydoc.Doc
	table   *authors.Map
	version uint64
	blob    []byte
	rows    [][]byte
	model   model
	got     []received // since the server was forked
}

func newServer(t *testing.T) *server { return &server{t: t, table: authors.New(0), model: newModel()} }

func (s *server) receive(e edit, user string) {
	number := s.table.Number(authors.Author{ID: user, Name: user})
	if s.doc.ApplyBy(e.update, number, s.table).Changed {
		s.version++
	}
	s.model.receive(e, user)
	s.got = append(s.got, received{e, user})
}

// flush writes a row.
func (s *server) flush() {
	if !s.doc.HasChanges() {
		return
	}
	f := snapshot.Fields{Authors: s.table.Row()}
	s.rows = append(s.rows, s.doc.AppendChanges(stored.AppendRowHeader(nil, s.version, f)))
}

// fold replaces the rows by a snapshot, compacted at times.
func (s *server) fold(compacted bool) {
	s.flush()
	state := s.doc.AppendState(nil)
	if compacted {
		state = viewOf(s.t, &s.doc).AppendCompacted(nil)
		doc, err := ydoc.Load(state)
		if err != nil || !s.doc.Replace(doc) {
			s.t.Fatalf("not compacted: %v", err)
		}
	}
	s.blob, s.rows = s.encode(state), nil
}

func (s *server) encode(state []byte) []byte {
	b, err := snapshot.Append(nil, snapshot.Snapshot{Version: s.version, State: state, Authors: s.table.Append(nil)}, snapshot.Raw)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// restart loads what is stored.
func (s *server) restart() {
	s.flush()
	read, err := stored.Read(s.blob, s.rows, 1<<30)
	if err != nil {
		s.t.Fatal(err)
	}
	if !bytes.Equal(read.State, s.doc.AppendState(nil)) {
		s.t.Fatal("another document is stored")
	}
	var x snapshot.Snapshot
	doc := new(ydoc.Doc)
	if s.blob != nil {
		if x, err = snapshot.Decode(s.blob, 1<<30); err == nil {
			doc, err = ydoc.Load(x.State)
		}
	}
	table := stored.AuthorsOf(x.Authors, 0)
	if err == nil {
		err = stored.Replay(doc, s.rows, &x.Version, table)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.doc, s.table = *doc, table
}

// fork returns a node that has the same stored state.
func (s *server) fork() *server {
	s.flush()
	other := newServer(s.t)
	other.blob, other.rows = s.blob, append([][]byte{}, s.rows...)
	other.doc, other.table = s.doc, s.table // replaced:
	read, err := stored.Read(s.blob, s.rows, 1<<30)
	if err != nil {
		s.t.Fatal(err)
	}
	doc, err := ydoc.Load(read.State)
	if err != nil {
		s.t.Fatal(err)
	}
	other.doc, other.table = *doc, stored.AuthorsOf(read.Authors, 0)
	for id, user := range s.model.writers {
		other.model.writers[id] = user
	}
	for id, user := range s.model.deleters {
		other.model.deleters[id] = user
	}
	return other
}

// mergeLate merges the rows that another node wrote since it was forked, as MergeStored does.
func (s *server) mergeLate(other *server, from int) {
	other.flush()
	replay := s.table.ReplayOther()
	for _, row := range other.rows[from:] {
		_, u, err := stored.ParseRow(row)
		if err != nil {
			s.t.Fatal(err)
		}
		stored.ApplyRow(&s.doc, u, row, replay)
		s.version++
	}
	for _, got := range other.got {
		s.model.receive(got.edit, got.user)
		s.got = append(s.got, got)
	}
}

// sync gives a client what the server has.
func (s *server) sync(c *client) {
	have, err := yjs.ParseStateVector(nil, c.doc.AppendStateVector(nil))
	if err != nil {
		s.t.Fatal(err)
	}
	c.doc.Apply(yjs.Trust(s.doc.AppendDiff(nil, have)))
}

// kept is a version of the document.
type kept struct{ state, form []byte }

func (s *server) keep() kept { return kept{s.doc.AppendState(nil), s.table.Append(nil)} }

// sessions returns how many random sessions are played: 10,000, or COMPARE_SESSIONS.
func sessions() uint64 {
	if n, err := strconv.Atoi(os.Getenv("COMPARE_SESSIONS")); err == nil {
		return uint64(n)
	}
	if testing.Short() {
		return 1000
	}
	return 10_000
}

// TestSessions plays random sessions: clients of several users edit texts, XML, maps and arrays, at
// the same time; the server restarts, compacts, and takes over what another node had accepted; and
// some edits come over a peer of another user. It shows that the authors of what is shown, and the
// differences of two versions with their authors, are those of a model that replays the same edits
// one by one, and that the differences lead from the one version to the other.
func TestSessions(t *testing.T) {
	first, err := strconv.ParseUint(os.Getenv("COMPARE_SEED"), 10, 64)
	if err != nil {
		first = 1
	}
	for i := range sessions() {
		seed := first + i
		if !t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { play(t, seed) }) {
			return
		}
	}
}

func play(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 7))
	s := newServer(t)
	users := []string{"ann", "ben", "cleo", ""}
	clients := make([]*client, 2+r.IntN(3))
	for i := range clients {
		clients[i] = &client{t: t, id: uint64(10 - i), user: users[r.IntN(len(users))]}
	}
	var versions []kept
	for range 3 + r.IntN(22) {
		step(r, s, clients, users)
		if r.IntN(8) == 0 {
			versions = append(versions, s.keep())
		}
		if r.IntN(25) == 0 {
			awayAndBack(r, s, clients, users)
		}
	}
	for _, c := range clients {
		for len(c.outbox) > 0 {
			s.receive(c.outbox[0], c.user)
			c.outbox = c.outbox[1:]
		}
	}
	s.restart()
	versions = append(versions, s.keep())
	s.checkAuthors()
	for i, old := range versions {
		s.checkCompare(old, versions[len(versions)-1], true)
		s.checkCompare(old, versions[max(i-1, 0)], false)
	}
}

// step is an edit, a delivery, or something that happens to the server.
func step(r *rand.Rand, s *server, clients []*client, users []string) {
	c := clients[r.IntN(len(clients))]
	switch r.IntN(12) {
	case 0, 1, 2, 3, 4:
		c.edit(r)
	case 5, 6, 7:
		for range 1 + r.IntN(3) {
			if len(c.outbox) > 0 {
				user := c.user
				if r.IntN(15) == 0 {
					user = users[r.IntN(len(users))] // another peer brings it
				}
				s.receive(c.outbox[0], user)
				c.outbox = c.outbox[1:]
			}
		}
	case 8:
		s.sync(c)
	case 9:
		s.flush()
	case 10:
		if r.IntN(2) == 0 {
			s.fold(r.IntN(2) == 0)
		} else {
			s.restart()
		}
	default:
		if len(c.outbox) == 0 && r.IntN(3) == 0 {
			c.user = users[r.IntN(len(users))] // signs in as somebody else
		}
	}
}

// awayAndBack lets a client use another node for a while, whose rows come late.
func awayAndBack(r *rand.Rand, s *server, clients []*client, users []string) {
	other := s.fork()
	from := len(other.rows)
	away := r.IntN(len(clients))
	c, others := clients[away], slices.Delete(slices.Clone(clients), away, away+1)
	if len(c.outbox) > 0 {
		return
	}
	other.sync(c)
	for range 1 + r.IntN(4) {
		step(r, s, others, users)
		if c.edit(r); r.IntN(2) == 0 {
			other.flush()
		}
		for len(c.outbox) > 0 {
			other.receive(c.outbox[0], c.user)
			c.outbox = c.outbox[1:]
		}
	}
	s.mergeLate(other, from)
}

// checkAuthors compares the parts of the document with the model.
func (s *server) checkAuthors() {
	s.t.Helper()
	parts, err := compare.Read(yjs.Trust(s.doc.AppendState(nil)), s.table, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	shown := contents(viewOf(s.t, &s.doc))
	covered := 0
	for _, p := range parts {
		b := find(shown, p.Root, p.Path)
		if p.Type == compare.TypeEntry {
			s.want(p.By, b.entries[p.Key].id, "wrote", s.model.writers)
			covered++
			continue
		}
		for _, u := range b.list[p.From:p.To] {
			s.want(p.By, u.id, "wrote", s.model.writers)
			covered++
		}
		if p.Type == compare.TypeText && textOf(b.list[p.From:p.To]) != p.Text {
			s.t.Errorf("%+v has another text", p)
		}
	}
	if n := count(shown); n != covered {
		s.t.Errorf("the authors of %d units of %d", covered, n)
	}
}

func (s *server) want(by authors.Author, id yjs.ID, did string, model map[yjs.ID]string) {
	s.t.Helper()
	if by.ID != model[id] {
		s.t.Errorf("%q %s %v, not %q", model[id], did, id, by.ID)
	}
}

// count returns the number of units and entries that are shown.
func count(all map[string]*block) (n int) {
	for _, b := range all {
		n += b.count()
	}
	return n
}

func (b *block) count() (n int) {
	for _, u := range b.list {
		if n++; u.block != nil {
			n += u.block.count()
		}
	}
	for _, u := range b.entries {
		if n++; u.block != nil {
			n += u.block.count()
		}
	}
	return n
}

func textOf(units []unit) string {
	var b []uint16
	for _, u := range units {
		b = append(b, u.text)
	}
	return decoded(b)
}

// checkCompare compares the differences of two versions with the model. forward says that the newer
// one is the present document.
func (s *server) checkCompare(old, new kept, forward bool) {
	s.t.Helper()
	views := [2]*view.View{}
	for i, k := range []kept{old, new} {
		v, err := view.New(yjs.Trust(k.state))
		if err != nil {
			s.t.Fatal(err)
		}
		views[i] = v
	}
	was, is := contents(views[0]), contents(views[1])
	for _, incarnation := range []uint64{0, 1} { // of one history; not so
		all, err := compare.Compare(
			compare.State{Update: yjs.Trust(old.state), Incarnation: 2 * incarnation},
			compare.State{
				Update: yjs.Trust(new.state), Authors: stored.AuthorsOf(new.form, 0),
				Incarnation: incarnation,
			}, nil, 0)
		if err != nil {
			s.t.Fatal(err)
		}
		s.checkResult(was, is, views[1].Roots(), all)
		if forward {
			s.checkBy(was, is, all, incarnation == 0)
		}
	}
}

func (s *server) checkResult(was, is map[string]*block, roots []string, all []compare.Difference) {
	s.t.Helper()
	for root, got := range apply(s.t, was, roots, all) {
		if got.String() != is[root].String() {
			s.t.Errorf("the differences make of %s: %s\nnot  %s\nfrom %s\nby %+v", root, got, is[root], was[root], all)
		}
	}
}

func (s *server) checkBy(was, is map[string]*block, all []compare.Difference, shared bool) {
	s.t.Helper()
	for _, d := range all {
		switch d.Type {
		case compare.Insert, compare.BlockInsert:
			for _, u := range find(is, d.Root, d.Path).list[d.From:d.To] {
				s.want(d.By, u.id, "wrote", s.model.writers)
			}
		case compare.Set:
			s.want(d.By, find(is, d.Root, d.Path).entries[d.Key].id, "set", s.model.writers)
		case compare.Delete, compare.BlockDelete:
			for _, u := range find(was, d.Root, d.Path).list[d.From:d.To] {
				if shared {
					s.want(d.By, u.id, "deleted", s.model.deleters)
				}
			}
		case compare.Unset:
			if shared {
				s.want(d.By, find(was, d.Root, d.Path).entries[d.Key].id, "unset", s.model.deleters)
			}
		}
	}
}
