package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

const withAdmin = "  admin: {listen: '127.0.0.1:0'}\n"

// TestDeletedAtAllNodes shows that a document that was deleted at the node that had it stays
// deleted when that node is gone: neither the clients that still have all of it, at the node that
// takes over, nor the rows on the disk of the former owner, when that starts again, bring it back.
// When that is lifted, and another document was begun, they bring nothing of it into that, at any
// node.
func TestDeletedAtAllNodes(t *testing.T) {
	redis, dir := redistest.Start(t, "appendonly yes"), t.TempDir()
	one := startNode(t, redis, dir, withAdmin)
	two := startNode(t, redis, t.TempDir(), withAdmin)
	ann := one.join(1, "gone")
	until(t, "the first owns the room", func() bool { return one.owns("gone") })
	bob := two.join(2, "gone")
	ann.types("all of it")
	bob.mustSee("all of it")
	bob.types("an answer")
	ann.mustSee("an answer")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := two.admin().CreateVersion(ctx, "record:gone", "kept"); err != nil {
		t.Fatal(err)
	}
	if _, err := two.admin().DeleteRoom(ctx, "record:gone"); err != nil {
		t.Fatal(err)
	}
	const deleted = 4410
	until(t, "both clients are told", func() bool {
		return ann.closes()[deleted] > 0 && bob.closes()[deleted] > 0
	})
	one.stop()
	ann.goTo(two)
	mustStayDeleted(ctx, t, two, ann, bob)
	again := startNode(t, redis, dir, withAdmin)
	ann.goTo(again)
	mustStayDeleted(ctx, t, again, ann, bob)
	two.stop()
	bob.goTo(again)
	mustStayDeleted(ctx, t, again, ann, bob)
	if _, err := again.admin().Undelete(ctx, "record:gone"); err != nil {
		t.Fatal(err)
	}
	cleo := again.join(3, "gone")
	cleo.types("begun anew")
	mustBeAnew(t, again, ann, bob)
	three := startNode(t, redis, t.TempDir(), withAdmin)
	cleo.goTo(three)
	again.stop()
	until(t, "another node owns the room", func() bool { return three.owns("gone") })
	ann.goTo(three)
	bob.goTo(three)
	mustBeAnew(t, three, ann, bob)
}

// mustBeAnew waits until clients that come back with a document that was deleted are closed again,
// and checks that nothing of it is in the one that was begun after that.
func mustBeAnew(t *testing.T, n *runningNode, clients ...*writer) {
	t.Helper()
	const deleted = 4410
	has := func() bool { return strings.Contains(n.textOf("record:gone"), "begun anew") }
	until(t, "the document is begun anew", has)
	for _, w := range clients {
		before := w.closes()[deleted]
		until(t, "a client is closed again", func() bool { return w.closes()[deleted] > before })
	}
	if text := n.textOf("record:gone"); strings.Contains(text, "all of it") || strings.Contains(text, "an answer") {
		t.Errorf("%q", text)
	}
}

// mustStayDeleted waits until clients that come back with all that they have are closed again, and
// checks that nothing is stored but the tombstone, and that a node finds that.
func mustStayDeleted(ctx context.Context, t *testing.T, n *runningNode, clients ...*writer) {
	t.Helper()
	const deleted = 4410
	for _, w := range clients {
		before := w.closes()[deleted]
		until(t, "a client is closed again", func() bool { return w.closes()[deleted] > before })
	}
	key := roomkey.MustParse("record:gone")
	e := n.components().engine
	if _, was, err := e.Deleted(ctx, key); !was || err != nil {
		t.Errorf("deleted: %v, %v", was, err)
	}
	if _, err := e.ReadDocument(ctx, key, func(engine.Document) bool { return true }); !errors.Is(err, engine.ErrDeleted) {
		t.Errorf("read: %v", err)
	}
	if list, err := n.admin().Versions(ctx, "record:gone"); err != nil || len(list.Versions) > 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := n.admin().DeleteRoom(ctx, "record:gone"); err != nil {
		t.Errorf("deleted again: %v", err)
	}
}

// TestNamedVersionsOutliveOwner shows that named versions are there with their names when another
// node has taken the room over, are restored, renamed and deleted there, and that a version on
// another disk alone is refused with the name of the node that has it.
func TestNamedVersionsOutliveOwner(t *testing.T) {
	redis := redistest.Start(t, "appendonly yes")
	one := startNode(t, redis, t.TempDir(), withAdmin)
	two := startNode(t, redis, t.TempDir(), withAdmin)
	ann := one.join(1, "kept")
	until(t, "the first owns the room", func() bool { return one.owns("kept") })
	ann.types("before")
	until(t, "the text is there", func() bool { return strings.Contains(one.textOf("record:kept"), "before") })
	text := one.textOf("record:kept")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	v, err := one.admin().CreateVersion(ctx, "record:kept", "first")
	if err != nil {
		t.Fatal(err)
	}
	ann.types("after")
	until(t, "more is there", func() bool { return strings.Contains(one.textOf("record:kept"), "after") })
	ann.goTo(two)
	one.stop()
	until(t, "the second owns the room", func() bool { return two.owns("kept") })
	until(t, "nothing is lost", func() bool { return strings.Contains(two.textOf("record:kept"), "after") })
	c := two.admin()
	list, err := c.Versions(ctx, "record:kept")
	named := slices.DeleteFunc(list.Versions, func(v api.Version) bool { return v.Name == "" })
	if err != nil || len(named) != 1 || named[0].ID != v.ID || named[0].Name != "first" || named[0].By != "ann" {
		t.Fatalf("%+v, %v; want %+v", list, err, v)
	}
	if _, err := c.Restore(ctx, "record:kept", v.ID); err != nil || two.textOf("record:kept") != text {
		t.Errorf("%q, not %q: %v", two.textOf("record:kept"), text, err)
	}
	if _, err := c.RenameVersion(ctx, "record:kept", v.ID, "second"); err != nil {
		t.Error(err)
	}
	three := startNode(t, redis, t.TempDir(), withAdmin)
	mustNameNode(ctx, t, two, three)
	if _, err := three.admin().DeleteVersion(ctx, "record:kept", v.ID); err != nil {
		t.Error(err)
	}
	if list, err = c.Versions(ctx, "record:kept"); err != nil || slices.ContainsFunc(list.Versions, func(has api.Version) bool { return has.ID == v.ID }) {
		t.Errorf("%+v, %v", list, err)
	}
}

// mustNameNode keeps a version on the disk of a node alone, and checks that the owner of the room
// names that node when it is asked to restore, rename or delete the version.
func mustNameNode(ctx context.Context, t *testing.T, owner, has *runningNode) {
	t.Helper()
	then, err := owner.admin().Document(ctx, "record:kept", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := has.components().node.local.KeepVersion(ctx, "record:kept", persist.Version{Why: "automatic"}, then); err != nil {
		t.Fatal(err)
	}
	var id uint64
	until(t, "the version is listed", func() bool {
		list, err := owner.admin().Versions(ctx, "record:kept")
		for _, v := range list.Versions {
			if v.Node == has.name() {
				id = v.ID
			}
		}
		return err == nil && id != 0
	})
	c := owner.admin()
	_, renameErr := c.RenameVersion(ctx, "record:kept", id, "x")
	_, deleteErr := c.DeleteVersion(ctx, "record:kept", id)
	_, restoreErr := c.Restore(ctx, "record:kept", id)
	for name, err := range map[string]error{
		"rename": renameErr, "delete": deleteErr, "restore": restoreErr,
	} {
		var problem *api.Problem
		if !errors.As(err, &problem) || problem.Status != 404 || !strings.Contains(err.Error(), has.name()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
