package admin

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestAuthorsAndCompare shows what is asked of the engine, the forms of the answers, and that the
// log says who has read what.
func TestAuthorsAndCompare(t *testing.T) {
	w := newWorld(t, nil)
	w.must(200, `{"room":"record:a","parts":[{"type":"insert","root":"default","path":[3,"title"],"from":1,"to":3,"text":"ab","by":{"id":"u1","name":"Ann"}},`+
		`{"type":"set","root":"meta","path":[],"from":0,"to":0,"key":"a","values":[null]}]}`, "GET", "/v1/rooms/record:a/authors?version=4", "", NameHeader, "ann")
	w.mustCall("authors record:a 4")
	w.must(200, `{"room":"record:a","changes":[{"type":"delete","root":"default","path":[],"from":0,"to":2,"text":"ab","attributes":{"bold":true}}]}`,
		"GET", "/v1/rooms/record:a/compare?from=3&to=4", "")
	w.mustHaveCall("read record:a 3")
	w.mustCall("compare record:a 2 7 4")
	w.must(200, "", "GET", "/v1/rooms/record:a/compare", "")
	w.mustHaveCall("read record:a 0")
	w.mustCall("compare record:a 2 7 0")
	for _, line := range []string{"action=\"read authors\" by=ann", "action=compare", "version=4"} {
		if w.log.lines(line) == 0 {
			t.Errorf("the log has no %s: %s", line, w.log)
		}
	}
	for query, field := range map[string]string{
		"compare?from=current": "from", "compare?to=0": "to", "compare?from=-1": "from", "authors?version=x": "version",
		"tree?limit=20001": "limit", "tree?version=1.5": "version", "tree?root=none": "root",
	} {
		w.must(422, `"field":"`+field+`"`, "GET", "/v1/rooms/record:a/"+query, "")
	}
	w.must(404, "node-not-found", "GET", "/v1/rooms/record:a/compare?to_node=b", "")
	w.must(404, "node-not-found", "GET", "/v1/rooms/record:a/compare?from_node=b", "")
}

// TestTree shows which tree is asked for, and the form of the answer.
func TestTree(t *testing.T) {
	w := newWorld(t, nil)
	w.must(200, `{"room":"record:a","roots":[{"kind":"array","name":"list","children":[{"kind":"value","value":null}],"more":true}],"nodes":2,"truncated":false}`,
		"GET", "/v1/rooms/record:a/tree", "")
	w.mustCall("tree record:a 0  {2000 1048576 100}")
	w.must(200, "", "GET", "/v1/rooms/record:a/tree?version=3&root=list&limit=5", "")
	w.mustCall("tree record:a 3 list {5 1048576 100}")
}

// TestReadersAreBounded shows that a document which is to be read waits while as many others are as
// may be, and is refused when that takes too long, which is counted.
func TestReadersAreBounded(t *testing.T) {
	reading, done := make(chan struct{}), make(chan struct{})
	w := newWorld(t, func(c *Config) {
		c.Readers = 1
		c.Tree = func(context.Context, roomkey.Key, uint64, string, contents.TreeLimits) (t contents.Tree, err error) {
			reading <- struct{}{}
			<-done
			return t, nil
		}
	})
	first := make(chan int)
	go func() {
		status, _ := w.send("GET", "/v1/rooms/record:a/tree", "")
		first <- status
	}()
	<-reading
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := w.s.converting(ctx, func() error { return nil })
	if err == nil || !strings.Contains(err.Error(), "admin.max_readers") {
		t.Errorf("%v", err)
	}
	w.mustCount(`realtime_admin_refused_total{reason="readers"}`, "1")
	close(done)
	if status := <-first; status != 200 {
		t.Errorf("%d", status)
	}
	if err := w.s.converting(context.Background(), func() error { return nil }); err != nil {
		t.Errorf("when it has been read: %v", err)
	}
}

// TestCompareAmongNodes shows that the node with the newer version answers, and reads the older one
// at the node whose disk has it, or the present document at the node that has the room.
func TestCompareAmongNodes(t *testing.T) {
	blob, err := snapshot.Append(nil, snapshot.Snapshot{State: []byte{0, 0}, Incarnation: 9}, snapshot.Raw)
	if err != nil {
		t.Fatal(err)
	}
	c := newCluster(t, func(cfg *Config) {
		e := cfg.Engine.(*fakeEngine)
		cfg.Document = func(ctx context.Context, key roomkey.Key, id uint64, format string) (Document, error) {
			_, err := e.document(ctx, key, id, format)
			return Document{Body: blob}, err
		}
	})
	c.owners["record:a"] = "b"
	c.a.must(200, `"changes":[{`, "GET", "/v1/rooms/record:a/compare?from=3&to=4", "")
	c.b.mustHaveCall("read record:a 3")
	c.b.mustCall("compare record:a 2 7 4")
	c.a.must(200, `"changes":[{`, "GET", "/v1/rooms/record:a/compare?from=3&from_node=a&to=4&to_node=b", "")
	c.a.mustHaveCall("document record:a 3 snapshot")
	c.b.mustCall("compare record:a 2 9 4")
	c.a.must(200, `"changes":[{`, "GET", "/v1/rooms/record:a/compare?to=4&to_node=a", "")
	c.b.mustHaveCall("document record:a 0 snapshot")
	c.a.mustCall("compare record:a 2 9 4")
	c.a.must(200, `"parts":[{`, "GET", "/v1/rooms/record:a/authors?version=4", "", NodeHeader, "a")
	c.a.mustCall("authors record:a 4")
	c.a.must(200, `"roots":[{`, "GET", "/v1/rooms/record:a/tree", "")
	c.b.mustCall("tree record:a 0  {2000 1048576 100}")
	c.b.engine.fails = engine.ErrNoVersion
	c.a.must(http.StatusNotFound, "version-not-found", "GET", "/v1/rooms/record:a/compare?from=3&from_node=b&to=4&to_node=a", "")
}
