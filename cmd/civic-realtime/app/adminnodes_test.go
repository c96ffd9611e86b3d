package app

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// admin returns a client of the node's admin API.
func (n *runningNode) admin() *client.Client {
	n.t.Helper()
	c := client.New(client.Config{URL: n.components().admin.url(), Name: "ann"})
	n.t.Cleanup(c.Close)
	return c
}

// name returns the name of the node.
func (n *runningNode) name() string { return n.components().node.member.Name() }

// TestAdminOfAllNodes shows that any node answers for all: rooms and connections of each are
// listed with its name, also those of a node whose own admin API is off; a request about a room
// goes to the node that has it; locks and bans made at one node hold at all of them.
func TestAdminOfAllNodes(t *testing.T) {
	redis := redistest.Start(t)
	a := startNode(t, redis, t.TempDir(), "  admin: {listen: '127.0.0.1:0'}\n")
	b := startNode(t, redis, t.TempDir(), "")
	first, second := a.join(1, "one"), b.join(2, "two")
	first.types("a")
	second.types("b")
	until(t, "each node owns a room", func() bool { return a.owns("one") && b.owns("two") })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := a.admin()
	where := map[string]string{"record:one": a.name(), "record:two": b.name()}
	until(t, "all rooms are listed", func() bool {
		page, err := c.Rooms(ctx, client.RoomQuery{})
		return err == nil && len(page.Rooms) == 2 && !page.Partial &&
			!slices.ContainsFunc(page.Rooms, func(r api.Room) bool { return r.Node != where[r.Name] })
	})
	until(t, "both connections are listed", func() bool {
		page, err := c.Connections(ctx, client.ConnectionQuery{})
		return err == nil && len(page.Connections) == 2 && page.Connections[0].ID != page.Connections[1].ID &&
			page.Connections[0].Node != page.Connections[1].Node
	})
	nodes, err := c.Nodes(ctx)
	if err != nil || len(nodes.Nodes) != 2 || nodes.Partial {
		t.Fatalf("%+v, %v", nodes, err)
	}
	for _, n := range nodes.Nodes {
		if n.Rooms != 1 || n.Leases != 1 || n.Connections != 1 || n.Version != Version || !n.Ready ||
			n.RedisSeconds <= 0 || n.Generation == "" || n.Generation != nodes.Nodes[0].Generation {
			t.Errorf("%+v", n)
		}
	}
	if d, err := c.Room(ctx, "record:two"); err != nil || d.Node != b.name() || d.Peers != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err := c.Document(ctx, "record:two", 0); err != nil || len(d) == 0 {
		t.Errorf("%d bytes, %v", len(d), err)
	}
	mustLockAtAll(ctx, t, c, a, b)
	mustBanAtAll(ctx, t, c, a, b)
}

// mustLockAtAll locks a room of b at a.
func mustLockAtAll(ctx context.Context, t *testing.T, c *client.Client, a, b *runningNode) {
	t.Helper()
	if l, err := c.Lock(ctx, "record:two"); err != nil || l.Partial {
		t.Errorf("%+v, %v", l, err)
	}
	for _, n := range []*runningNode{a, b} {
		if locks := n.components().engine.Locks(); len(locks) != 1 || locks[0].By != "ann" {
			t.Errorf("%+v", locks)
		}
	}
	if d, err := c.Room(ctx, "record:two"); err != nil || !d.Locked {
		t.Errorf("%+v, %v", d, err)
	}
	if l, err := c.Unlock(ctx, "record:two"); err != nil || l.Partial || len(b.components().engine.Locks()) > 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

// mustBanAtAll bans a user at a, and lifts the ban.
func mustBanAtAll(ctx context.Context, t *testing.T, c *client.Client, a, b *runningNode) {
	t.Helper()
	if d, err := c.DisconnectUser(ctx, "bob", api.Disconnect{ForSeconds: 60}); err != nil || d.Partial {
		t.Errorf("%+v, %v", d, err)
	}
	for _, n := range []*runningNode{a, b} {
		if n.components().engine.Banned("bob") == nil {
			t.Error("the user is not kept out")
		}
	}
	if u, err := c.Unban(ctx, "bob"); err != nil || u.Partial || b.components().engine.Banned("bob") != nil {
		t.Errorf("%+v, %v", u, err)
	}
}

// TestRestoreFromOtherDisk shows that a version that only another node has on its disk is restored
// in the room, by the node that has the room.
func TestRestoreFromOtherDisk(t *testing.T) {
	redis := redistest.Start(t)
	a := startNode(t, redis, t.TempDir(), "  admin: {listen: '127.0.0.1:0'}\n")
	b := startNode(t, redis, t.TempDir(), "")
	writer := a.join(1, "one")
	writer.types("before")
	until(t, "the node owns the room", func() bool { return a.owns("one") })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	of := func(node string) *client.Client {
		c := client.New(client.Config{URL: a.components().admin.url(), Node: node})
		t.Cleanup(c.Close)
		return c
	}
	until(t, "the text is there", func() bool { return strings.Contains(a.textOf("record:one"), "before") })
	text := a.textOf("record:one")
	then, err := of("").Document(ctx, "record:one", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.components().node.local.KeepVersion(ctx, "record:one", persist.Version{Why: "automatic"}, then); err != nil {
		t.Fatal(err)
	}
	writer.types("after")
	until(t, "more is there", func() bool { return strings.Contains(a.textOf("record:one"), "after") })
	var list api.VersionList
	until(t, "the version is listed", func() (ok bool) {
		list, err = of("").Versions(ctx, "record:one")
		return err == nil && len(list.Versions) == 1 && list.Versions[0].Node == b.name()
	})
	if _, err := of("").Restore(ctx, "record:one", list.Versions[0].ID); err == nil {
		t.Error("the owner has a version of another node")
	}
	if _, err := of(b.name()).Restore(ctx, "record:one", list.Versions[0].ID); err != nil {
		t.Fatal(err)
	}
	if now := a.textOf("record:one"); now != text {
		t.Errorf("it says %q, not %q", now, text)
	}
}

// textOf returns the text of a room, as the admin API says it.
func (n *runningNode) textOf(room string) string {
	n.t.Helper()
	url := n.components().admin.url() + "/v1/rooms/" + room + "/versions/current?format=text"
	resp, err := http.Get(url)
	if err != nil {
		n.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return string(text)
}

// TestLockOutlivesNode shows that a lock holds at nodes that start later, after the one that has
// made it is gone.
func TestLockOutlivesNode(t *testing.T) {
	redis := redistest.Start(t)
	a := startNode(t, redis, t.TempDir(), "  admin: {listen: '127.0.0.1:0'}\n")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := a.admin().Lock(ctx, "record:one"); err != nil {
		t.Fatal(err)
	}
	a.stop()
	b := startNode(t, redis, t.TempDir(), "")
	if locks := b.components().engine.Locks(); len(locks) != 1 || locks[0].Made.After(time.Now()) {
		t.Errorf("%+v", locks)
	}
}

// TestSecretAfterEmptying shows that nodes know each other, and one that starts then, after Redis
// was emptied, with which the secret of the nodes has gone.
func TestSecretAfterEmptying(t *testing.T) {
	redis := redistest.Start(t)
	a := startNode(t, redis, t.TempDir(), "  admin: {listen: '127.0.0.1:0'}\n")
	startNode(t, redis, t.TempDir(), "")
	redis.Flush()
	startNode(t, redis, t.TempDir(), "")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := a.admin()
	until(t, "all three answer", func() bool {
		page, err := c.Nodes(ctx)
		return err == nil && len(page.Nodes) == 3 && !page.Partial
	})
}
