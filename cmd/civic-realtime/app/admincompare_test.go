package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// bodyOf returns the body of a GET.
func bodyOf(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAdminComparesAsDocuments shows that the admin API compares versions, and names authors, with
// the answers of the documents API, and has the document as a tree.
func TestAdminComparesAsDocuments(t *testing.T) {
	n := startNode(t, nil, t.TempDir(), "  api: {enabled: true}\n  admin: {listen: '127.0.0.1:0'}\n")
	one := n.join(1, "one")
	one.types("before")
	until(t, "the text is there", func() bool { return strings.Contains(n.textOf("record:one"), "before") })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	v, err := n.admin().CreateVersion(ctx, "record:one", "")
	if err != nil {
		t.Fatal(err)
	}
	one.types("after")
	until(t, "more is there", func() bool { return strings.Contains(n.textOf("record:one"), "after") })
	admin, documents := n.components().admin.url()+"/v1/rooms/record:one", "http://"+n.addr+"/v1/documents/record:one"
	for path, has := range map[string]string{
		fmt.Sprint("/compare?from=", v.ID):               `"type":"insert","root":"text"`,
		fmt.Sprint("/compare?from=", v.ID, "&to=", v.ID): `"changes":[]`,
		fmt.Sprint("/compare?to=", v.ID):                 `"type":"delete"`,
		"/authors":                                       `after`,
		fmt.Sprint("/authors?version=", v.ID):            `"text":"before"`,
	} {
		ours, theirs := bodyOf(t, admin+path), bodyOf(t, documents+path)
		if ours != theirs || !strings.Contains(ours, has) {
			t.Errorf("%s: %s\nand %s\nwant %s", path, ours, theirs, has)
		}
	}
	tree := bodyOf(t, admin+"/tree")
	if !strings.Contains(tree, `"kind":"text","name":"text","children":[{"kind":"characters","text":`) || !strings.Contains(tree, "after") {
		t.Errorf("%s", tree)
	}
	if then := bodyOf(t, fmt.Sprint(admin, "/tree?version=", v.ID)); strings.Contains(then, "after") || !strings.Contains(then, "before") {
		t.Errorf("%s", then)
	}
	if none := bodyOf(t, n.components().admin.url()+"/v1/rooms/record:none/tree"); !strings.Contains(none, api.RoomNotFound) {
		t.Errorf("%s", none)
	}
}

// TestCompareWithOtherDisk shows that a version that only another node has on its disk is compared
// with the present document of the room's node, in either order.
func TestCompareWithOtherDisk(t *testing.T) {
	redis := redistest.Start(t)
	a := startNode(t, redis, t.TempDir(), "  admin: {listen: '127.0.0.1:0'}\n")
	b := startNode(t, redis, t.TempDir(), "")
	writer := a.join(1, "one")
	writer.types("before")
	until(t, "the text is there", func() bool { return strings.Contains(a.textOf("record:one"), "before") })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := client.New(client.Config{URL: a.components().admin.url()})
	t.Cleanup(c.Close)
	then, err := c.Document(ctx, "record:one", 0)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := b.components().node.local.KeepVersion(ctx, "record:one", persist.Version{Why: "automatic"}, then)
	if err != nil {
		t.Fatal(err)
	}
	writer.types("after")
	until(t, "more is there", func() bool { return strings.Contains(a.textOf("record:one"), "after") })
	until(t, "the node knows the other one", func() bool {
		nodes, err := c.Nodes(ctx)
		return err == nil && len(nodes.Nodes) == 2
	})
	url := a.components().admin.url() + "/v1/rooms/record:one/compare?"
	if got := bodyOf(t, fmt.Sprint(url, "from=", kept, "&from_node=", b.name())); !strings.Contains(got, `"type":"insert"`) || !strings.Contains(got, "after") {
		t.Errorf("%s", got)
	}
	if got := bodyOf(t, fmt.Sprint(url, "to=", kept, "&to_node=", b.name())); !strings.Contains(got, `"type":"delete"`) || !strings.Contains(got, "after") {
		t.Errorf("%s", got)
	}
}
