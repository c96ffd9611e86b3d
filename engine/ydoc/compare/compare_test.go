package compare_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/ydoc/compare"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// writes makes an edit of a client by a function, and lets the server receive it.
func writes(s *server, c *client, f func(v *view.View)) {
	s.t.Helper()
	s.sync(c)
	c.structs, c.out, c.next, c.deletes = 0, nil, c.doc.Clock(c.id), nil
	first := yjs.ID{Client: c.id, Clock: c.next}
	f(viewOf(s.t, &c.doc))
	b := []byte{0}
	if c.structs > 0 {
		b = append(yjs.AppendID([]byte{1, byte(c.structs)}, first), c.out...)
	}
	e := edit{checked(s.t, yjs.AppendDeletes(b, sorted(c.deletes))), first, c.next, c.deletes}
	c.doc.Apply(e.update)
	s.receive(e, c.user)
}

// said returns differences as text.
func said(all []compare.Difference) string {
	var b strings.Builder
	for _, d := range all {
		fmt.Fprintf(&b, "%s %s%v %d-%d", d.Type, d.Root, d.Path, d.From, d.To)
		for _, s := range []string{d.Key, d.Text, d.Block, d.Name} {
			if s != "" {
				fmt.Fprintf(&b, " %q", s)
			}
		}
		if d.Values != nil {
			fmt.Fprintf(&b, " %v", d.Values)
		}
		if d.Attributes != nil {
			fmt.Fprintf(&b, " %v", d.Attributes)
		}
		fmt.Fprintf(&b, " by %s\n", d.By.ID)
	}
	return b.String()
}

func (s *server) differences(old kept) string {
	s.t.Helper()
	all, err := compare.Compare(compare.State{Update: yjs.Trust(old.state)},
		compare.State{Update: yjs.Trust(s.doc.AppendState(nil)), Authors: s.table}, nil, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return said(all)
}

func (s *server) wantDifferences(what string, got, want string) {
	s.t.Helper()
	if want = strings.ReplaceAll(strings.TrimSpace(want), "\t", "") + "\n"; got != want {
		s.t.Errorf("%s:\n%snot:\n%s", what, got, want)
	}
}

// TestDifferences shows each type of difference, with the user who made it.
func TestDifferences(t *testing.T) {
	s := newServer(t)
	ann, ben := &client{t: t, id: 2, user: "ann"}, &client{t: t, id: 1, user: "ben"}
	insert := func(c *client, index uint64, text string) {
		writes(s, c, func(v *view.View) {
			h := root(v, "text")
			left, right := h.place(index)
			c.write(h.parent, "", left, right, yjs.RefString, uint64(len(text)), str(text))
		})
	}
	format := func(c *client, from, to uint64, value string) {
		writes(s, c, func(v *view.View) {
			h := root(v, "text")
			left, right := h.place(from)
			c.write(h.parent, "", left, right, yjs.RefFormat, 1, str("bold")+str(value))
			left, right = h.place(to)
			c.write(h.parent, "", left, right, yjs.RefFormat, 1, str("bold")+str("null"))
		})
	}
	insert(ann, 0, "one two three")
	one := s.keep()
	format(ben, 4, 7, "true")
	insert(ben, 5, "X")
	writes(s, ann, func(v *view.View) { ann.remove(root(v, "text"), 0, 1) })
	s.wantDifferences("text", s.differences(one), `
		delete text[] 0-1 "o" by ann
		format text[] 3-4 map[bold:true] by ben
		insert text[] 4-5 "X" map[bold:true] by ben
		format text[] 5-7 map[bold:true] by ben`)
	two := s.keep()
	writes(s, ann, func(v *view.View) { // not bold any more: its mark is deleted
		for it := range v.Root("text").Items() {
			if it.Ref() == yjs.RefFormat {
				ann.deletes = it.AppendDeletion(ann.deletes)
			}
		}
	})
	s.wantDifferences("formats", s.differences(two), `format text[] 3-7 map[bold:<nil>] by ann`)
	three := s.keep()
	var p, inner yjs.ID
	writes(s, ann, func(v *view.View) {
		h := root(v, "xml")
		p = ann.write(h.parent, "", nil, nil, yjs.RefType, 1, "\x03"+str("p"))
		ann.write(yjs.AppendID([]byte{0}, p), "align", nil, nil, yjs.RefAny, 1, "\x01\x77\x04left")
		inner = ann.write(yjs.AppendID([]byte{0}, p), "", nil, nil, yjs.RefType, 1, "\x06")
	})
	writes(s, ben, func(v *view.View) {
		ben.write(yjs.AppendID([]byte{0}, inner), "", nil, nil, yjs.RefString, 2, str("Hi"))
		ben.write(root(v, "array").parent, "", nil, nil, yjs.RefAny, 2, "\x02\x7d\x01\x78")
	})
	s.wantDifferences("blocks", s.differences(three), `
		insert array[] 0-2 [1 true] by ben
		block-insert xml[] 0-1 "element" "p" by ann
		block-insert xml[0] 0-1 "xml-text" by ann
		insert xml[0 0] 0-2 "Hi" by ben
		set xml[0] 0-0 "align" [left] by ann`)
	four := s.keep()
	writes(s, ben, func(v *view.View) { ben.mapKeyTo(root(v, "map"), "k", "\x01\x7f") })
	writes(s, ann, func(v *view.View) { ann.remove(root(v, "xml"), 0, 1) })
	s.wantDifferences("a deleted block", s.differences(four), `
		set map[] 0-0 "k" [<nil>] by ben
		block-delete xml[] 0-1 "Hi" "element" "p" by ann`)
	five := s.keep()
	writes(s, ann, func(v *view.View) {
		it, _ := v.Root("map").Entry("k")
		ann.deletes = it.AppendDeletion(ann.deletes)
	})
	s.wantDifferences("a key", s.differences(five), `unset map[] 0-0 "k" [<nil>] by ann`)
}

// mapKeyTo sets a key that has no value.
func (c *client) mapKeyTo(h holder, key, value string) {
	c.write(h.parent, key, nil, nil, yjs.RefAny, 1, value)
}

// TestSkippedRoots shows that roots are left out that are to be skipped.
func TestSkippedRoots(t *testing.T) {
	s := newServer(t)
	writes(s, &client{t: t, id: 1, user: "ann"}, func(v *view.View) {})
	c := &client{t: t, id: 1, user: "ann"}
	writes(s, c, func(v *view.View) {
		c.write(root(v, "ours").parent, "", nil, nil, yjs.RefString, 1, str("x"))
		c.write(root(v, "text").parent, "", nil, nil, yjs.RefString, 1, str("y"))
	})
	skip := func(root string) bool { return root == "ours" }
	state := compare.State{Update: yjs.Trust(s.doc.AppendState(nil)), Authors: s.table}
	parts, err := compare.Read(state.Update, s.table, skip)
	if err != nil || len(parts) != 1 || parts[0].Root != "text" || parts[0].Text != "y" {
		t.Errorf("%+v, %v", parts, err)
	}
	all, err := compare.Compare(compare.State{}, state, skip, 0)
	if err != nil || len(all) != 1 || all[0].Root != "text" {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestBudget shows that reading and comparing end with view.ErrBudget beyond their steps.
func TestBudget(t *testing.T) {
	s := newServer(t)
	c := &client{t: t, id: 1, user: "ann"}
	writes(s, c, func(v *view.View) {
		text := strings.Repeat("x", 5000)
		c.write(root(v, "text").parent, "", nil, nil, yjs.RefString, 5000, str(text))
	})
	state := compare.State{Update: yjs.Trust(s.doc.AppendState(nil)), Authors: s.table}
	if _, err := compare.Read(state.Update, s.table, nil, view.MaxSteps(1000)); !errors.Is(err, view.ErrBudget) {
		t.Errorf("%v", err)
	}
	if _, err := compare.Compare(compare.State{}, state, nil, 1000); !errors.Is(err, view.ErrBudget) {
		t.Errorf("%v", err)
	}
	if _, err := compare.Compare(compare.State{}, state, nil, 20_000); err != nil {
		t.Errorf("%v", err)
	}
}

// TestOtherHistory shows that documents of different incarnations are compared by what they show,
// also if they have ids in common, and that nobody is known who deleted anything.
func TestOtherHistory(t *testing.T) {
	of := func(text string) compare.State {
		s := newServer(t)
		c := &client{t: t, id: 1, user: "ann"}
		writes(s, c, func(v *view.View) {
			for _, word := range strings.Fields(text) {
				h := root(v, "xml")
				p := c.write(h.parent, "", nil, nil, yjs.RefType, 1, "\x03"+str("p"))
				if word != "-" {
					in := c.write(yjs.AppendID([]byte{0}, p), "", nil, nil, yjs.RefType, 1, "\x06")
					c.write(yjs.AppendID([]byte{0}, in), "", nil, nil, yjs.RefString, uint64(len(word)), str(word))
				}
			}
		})
		return compare.State{Update: yjs.Trust(s.doc.AppendState(nil)), Authors: s.table}
	}
	old, now := of("first second"), of("first third second")
	old.Incarnation, now.Incarnation = 5, 6
	all, err := compare.Compare(old, now, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := said(all); strings.Contains(got, "first") || strings.Contains(got, "second") || !strings.Contains(got, `"third"`) {
		t.Errorf("%s", got)
	}
	if all, err := compare.Compare(old, old, nil, 0); err != nil || len(all) > 0 {
		t.Errorf("%s, %v", said(all), err)
	}
}

// TestAuthorsOfLongTexts shows that the parts of a text are as long as one user wrote.
func TestAuthorsOfLongTexts(t *testing.T) {
	s := newServer(t)
	r := rand.New(rand.NewPCG(1, 1))
	clients := []*client{{t: t, id: 1, user: "ann"}, {t: t, id: 2, user: "ann"}, {t: t, id: 3, user: "ben"}}
	for i := range 60 {
		c := clients[r.IntN(2)]
		if i >= 40 {
			c = clients[2]
		}
		writes(s, c, func(v *view.View) {
			h := root(v, "text")
			left, right := h.place(uint64(i))
			c.write(h.parent, "", left, right, yjs.RefString, 1, str("x"))
		})
	}
	parts, err := compare.Read(yjs.Trust(s.doc.AppendState(nil)), s.table, nil)
	if err != nil || len(parts) != 2 || parts[0].To != 40 || parts[1].To != 60 || len(parts[0].Text) != 40 ||
		parts[0].By != (authors.Author{ID: "ann", Name: "ann"}) || parts[1].By.ID != "ben" {
		t.Errorf("%+v, %v", parts, err)
	}
}
