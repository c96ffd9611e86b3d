package compare_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/ydoc/compare"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// yjsSession is a session of real Yjs clients; see fuzz/worker/authorship.mjs.
type yjsSession struct {
	Events []struct {
		User   string
		Update []byte
	}
	Versions []struct {
		After int
		Shown map[string]string
	}
	Deleted [][4]any
	Writers map[string][]string
}

// TestWithYjs shows that authors and differences are right by real Yjs: its clients edit texts with
// formats and embeds, XML, maps and arrays, at the same time, and tell what they show, who wrote
// each unit, and who deleted it.
func TestWithYjs(t *testing.T) {
	const fuzz = "../../../fuzz"
	if err := nodeworker.Check(fuzz, "yjs"); err != nil {
		t.Fatal(err)
	}
	out, err := nodeworker.Run(context.Background(), fuzz+"/worker/authorship.mjs", "1", "300")
	if err != nil {
		t.Fatal(err)
	}
	var all []yjsSession
	if err := json.Unmarshal(out, &all); err != nil || len(all) != 300 {
		t.Fatalf("%d sessions, %v", len(all), err)
	}
	for i, session := range all {
		t.Run(fmt.Sprint("session ", i+1), func(t *testing.T) { session.check(t, uint64(i)) })
	}
}

func (session *yjsSession) check(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 3))
	s := newServer(t)
	for _, d := range session.Deleted {
		id := yjs.ID{Client: uint64(d[0].(float64)), Clock: uint64(d[1].(float64))}
		s.model.deleters[id] = d[3].(string)
	}
	var versions []kept
	keep := func(events int) {
		for _, v := range session.Versions {
			if v.After == events {
				versions = append(versions, s.keep())
			}
		}
	}
	keep(0)
	for i, e := range session.Events {
		s.doc.ApplyBy(checked(t, e.Update), s.table.Number(authors.Author{ID: e.User}), s.table)
		s.version++
		switch r.IntN(8) {
		case 0:
			s.flush()
		case 1:
			s.fold(r.IntN(2) == 0)
		case 2:
			s.restart()
		}
		keep(i + 1)
	}
	last := versions[len(versions)-1]
	session.checkWriters(t, s)
	for i, old := range versions {
		session.checkVersion(t, s, old, last, i)
	}
}

// checkWriters compares the authors of everything that is shown with those that Yjs has.
func (session *yjsSession) checkWriters(t *testing.T, s *server) {
	t.Helper()
	parts, err := compare.Read(yjs.Trust(s.doc.AppendState(nil)), s.table, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, p := range parts {
		for range max(1, p.To-p.From) {
			got[p.Root] = append(got[p.Root], p.By.ID)
		}
	}
	for root, want := range session.Writers {
		if !slices.Equal(got[root], want) {
			t.Errorf("%s is by %q, not %q", root, got[root], want)
		}
	}
}

// checkVersion compares what a version shows, and the differences from it to the last, with Yjs.
func (session *yjsSession) checkVersion(t *testing.T, s *server, old, last kept, i int) {
	t.Helper()
	views := [2]*view.View{}
	for j, k := range []kept{old, last} {
		v, err := view.New(yjs.Trust(k.state))
		if err != nil {
			t.Fatal(err)
		}
		views[j] = v
	}
	was := contents(views[0])
	for root, want := range session.Versions[i].Shown {
		if b := was[root]; b != nil && b.String() != want {
			t.Errorf("version %d: %s shows %s, not %s", i, root, b, want)
		}
	}
	all, err := compare.Compare(compare.State{Update: yjs.Trust(old.state)},
		compare.State{Update: yjs.Trust(last.state), Authors: s.table}, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	shown := session.Versions[len(session.Versions)-1].Shown
	for root, got := range apply(t, was, views[1].Roots(), all) {
		if want := shown[root]; got.String() != want {
			t.Errorf("the differences make of %s: %s, not %s", root, got, want)
		}
	}
	s.checkDeleters(was, all)
}

// checkDeleters compares the users who deleted something with those that Yjs knows.
func (s *server) checkDeleters(was map[string]*block, all []compare.Difference) {
	s.t.Helper()
	for _, d := range all {
		if d.Type == compare.Delete || d.Type == compare.BlockDelete {
			for _, u := range find(was, d.Root, d.Path).list[d.From:d.To] {
				s.want(d.By, u.id, "deleted", s.model.deleters)
			}
		}
	}
}
