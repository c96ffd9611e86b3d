package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/fanout"
	"github.com/civicpress/civic-realtime/transport/httpapi"
	"github.com/civicpress/civic-realtime/transport/httpapi/openapitest"
)

// fakeCluster has two nodes, "a" and "b", and the rooms that each of them owns.
type fakeCluster struct {
	caller *fanout.Caller

	mu     sync.Mutex
	nodes  []api.Node
	owners map[string]string // node by room
	away   bool              // the owner cannot be found
}

// fakeNodes are the nodes as one of them sees them.
type fakeNodes struct {
	*fakeCluster
	name   string
	engine *fakeEngine
}

func (n fakeNodes) Self() api.Node {
	return api.Node{Name: n.name, Address: "self", Version: "1.2.3", StartedAt: now, Connections: 7}
}

func (n fakeNodes) Others() (all []api.Node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(n.nodes), func(o api.Node) bool { return o.Name == n.name })
}

func (n fakeNodes) Owner(_ context.Context, room string) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.away {
		return "", errors.New("Redis is away")
	}
	owner := n.owners[room]
	for _, node := range n.nodes {
		if node.Name == owner && owner != n.name {
			return node.Address, nil
		}
	}
	return "", nil
}

func (n fakeNodes) Call(ctx context.Context, address string, r *http.Request) (*http.Response, error) {
	return n.caller.Call(ctx, address, r)
}

func (n fakeNodes) ReloadDecisions(context.Context) (int, error) {
	n.engine.call("reload")
	return 1, n.engine.fails
}

// cluster is two servers that know each other.
type cluster struct {
	*fakeCluster
	a, b *world
	// endB makes b answer nothing any more, though it is still taken for live.
	endB func()
}

func newCluster(t *testing.T, change func(*Config)) *cluster {
	t.Helper()
	c := &cluster{fakeCluster: &fakeCluster{
		caller: fanout.NewCaller("nodes", nil), owners: map[string]string{},
	}}
	t.Cleanup(c.caller.Close)
	start := func(name string) (*world, func()) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c.nodes = append(c.nodes, api.Node{Name: name, Address: l.Addr().String(), StartedAt: now})
		w := newWorld(t, func(cfg *Config) {
			cfg.Nodes = fakeNodes{c.fakeCluster, name, cfg.Engine.(*fakeEngine)}
			if change != nil {
				change(cfg)
			}
		})
		s := fanout.NewServer(fanout.ServerConfig{
			Secret: "nodes", Calls: w.s.ForNodes(), Self: func() fanout.Answer { return fanout.Answer{} },
		}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(context.Background())
		go func() { _ = s.Serve(ctx) }()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				s.Take(conn)
			}
		}()
		end := func() {
			cancel()
			_ = l.Close()
			c.caller.Close()
		}
		t.Cleanup(end)
		return w, end
	}
	c.a, _ = start("a")
	c.b, c.endB = start("b")
	return c
}

// read sends a GET, and decodes its answer.
func read[T any](w *world, path string, headers ...string) (v T) {
	w.t.Helper()
	status, text := w.send("GET", path, "", headers...)
	if err := json.Unmarshal([]byte(text), &v); err != nil || status != http.StatusOK {
		w.t.Fatalf("%s: %d %s, %v", path, status, text, err)
	}
	return v
}

// names returns the nodes and names of rooms.
func names(rooms []api.Room) (all []string) {
	for _, r := range rooms {
		all = append(all, r.Node+" "+r.Name)
	}
	return all
}

// TestRoomsOfAllNodes shows that a list has the rooms of all nodes with their nodes, in each order,
// on pages that neither overlap nor leave a room out; and that a node that is named answers for
// itself.
func TestRoomsOfAllNodes(t *testing.T) {
	c := newCluster(t, nil)
	c.b.engine.rooms = []engine.RoomInfo{
		{Key: roomkey.MustParse("record:aa"), State: engine.RoomLive, Peers: 3, DocumentBytes: 500},
		{Key: roomkey.MustParse("record:z"), State: engine.RoomLive, DocumentBytes: 50},
	}
	for order, want := range map[string][]string{
		"name":  {"a notes/c", "a record:a", "b record:aa", "a record:b", "b record:z"},
		"bytes": {"a record:b", "b record:aa", "a record:a", "a notes/c", "b record:z"},
		"peers": {"a notes/c", "b record:aa", "a record:a", "a record:b", "b record:z"},
	} {
		whole := read[api.RoomPage](c.a, "/v1/rooms?sort="+order)
		if got := names(whole.Rooms); !slices.Equal(got, want) || whole.Total != 5 || whole.NextOffset != 0 || whole.Partial {
			t.Errorf("%s: %q of %d, next %d", order, got, whole.Total, whole.NextOffset)
		}
		first := read[api.RoomPage](c.b, "/v1/rooms?limit=3&sort="+order)
		second := read[api.RoomPage](c.b, "/v1/rooms?limit=3&offset=3&sort="+order)
		pages := names(append(first.Rooms, second.Rooms...))
		if !slices.Equal(pages, want) || first.NextOffset != 3 || second.NextOffset != 0 {
			t.Errorf("%s: %q, next %d and %d", order, pages, first.NextOffset, second.NextOffset)
		}
	}
	if found := read[api.RoomPage](c.a, "/v1/rooms?search=D:A"); !slices.Equal(names(found.Rooms), []string{"a record:a", "b record:aa"}) || found.Total != 2 {
		t.Errorf("%q", names(found.Rooms))
	}
	own := read[api.RoomPage](c.a, "/v1/rooms", NodeHeader, "b")
	if got := names(own.Rooms); !slices.Equal(got, []string{"b record:aa", "b record:z"}) {
		t.Errorf("%q", got)
	}
	own = read[api.RoomPage](c.a, "/v1/rooms", NodeHeader, "a")
	if own.Total != 3 {
		t.Errorf("%q", names(own.Rooms))
	}
	c.a.must(404, "node-not-found", "GET", "/v1/rooms", "", NodeHeader, "c")
}

// listed are the paths of lists.
var listed = []string{"/v1/rooms", "/v1/connections", "/v1/stored", "/v1/status", "/v1/nodes"}

// mustBeDocumented checks that answers for several nodes are as openapi.json says.
func (w *world) mustBeDocumented() {
	w.t.Helper()
	v := openapitest.NewValidator(w.t, openAPI)
	for _, path := range listed {
		_, text := w.send("GET", path, "")
		if err := v.Check("GET", path, 200, httpapi.JSONType, []byte(text)); err != nil {
			w.t.Errorf("%s: %v in %s", path, err, text)
		}
	}
}

// TestSilentNode shows that a node that does not answer is named, and that the others answer.
func TestSilentNode(t *testing.T) {
	c := newCluster(t, nil)
	c.b.mustBeDocumented()
	c.endB()
	c.a.mustBeDocumented()
	c.owners["record:a"] = "b"
	for _, path := range listed {
		c.a.must(200, `"partial":true,"silent":["b"]`, "GET", path, "")
	}
	for _, path := range []string{"/v1/notice", "/v1/users/u1/disconnect", "/v1/rooms/record:b/lock"} {
		body := map[string]string{"/v1/notice": `{"text":"soon"}`}[path]
		c.a.must(200, `"partial":true,"silent":["b"]`, "POST", path, body)
	}
	c.a.must(404, "some nodes do not answer: b", "DELETE", "/v1/connections/9", "")
	c.a.must(503, "does not answer", "GET", "/v1/rooms/record:a", "")
	c.away = true
	c.a.must(503, "Redis is away", "GET", "/v1/rooms/record:b", "")
	for _, node := range read[api.NodePage](c.a, "/v1/nodes").Nodes {
		if node.Silent != (node.Name == "b") {
			t.Errorf("%+v", node)
		}
	}
}

// TestOwnerAnswers shows that a request about a room is answered by the node that has it, with its
// status, body and headers, under the name of the administrator; and that a room of nobody's is
// dealt with here.
func TestOwnerAnswers(t *testing.T) {
	var mu sync.Mutex
	var calls []Call
	c := newCluster(t, func(cfg *Config) {
		name := cfg.Nodes.Self().Name
		cfg.Audit = func(call Call) {
			mu.Lock()
			defer mu.Unlock()
			if name == "b" {
				calls = append(calls, call)
			}
		}
	})
	c.owners["record:a"] = "b"
	if d := read[api.RoomDetail](c.a, "/v1/rooms/record:a"); d.Node != "b" || d.Name != "record:a" ||
		len(d.Connections) != 1 || d.Connections[0].Node != "b" {
		t.Errorf("%+v", d)
	}
	c.a.must(200, `"locked":true`, "POST", "/v1/rooms/record:a/lock", "", NameHeader, "ann")
	c.b.mustHaveCall("lock record:a ann")
	c.a.mustHaveCall("reload") // it is a node that b tells of the lock
	c.a.must(200, `"connections":2`, "POST", "/v1/rooms/record:a/kick", `{"user":"u1"}`, NameHeader, "ann")
	c.b.mustCall("kick record:a u1 ann")
	c.a.must(422, `"/user"`, "POST", "/v1/rooms/record:a/kick", `{}`)
	c.a.must(422, `nobody`, "GET", "/v1/rooms/record:a?nobody=1", "")
	resp := c.a.do("GET", "/v1/rooms/record:a/versions/1?format=markdown", "")
	text := make([]byte, 5)
	if _, err := resp.Body.Read(text); err != nil || resp.Header.Get("Content-Type") != httpapi.MarkdownType ||
		resp.Header.Get(RemarkHeader) == "" || string(text) != "line\n" {
		t.Errorf("%q, %v, %q", text, resp.Header, err)
	}
	c.b.mustCall("document record:a 1 markdown")
	c.a.must(200, `"locked":true`, "POST", "/v1/rooms/record:b/lock", "")
	c.a.mustHaveCall("lock record:b admin")
	c.b.engine.fails = engine.ErrNoRoom
	c.a.must(404, "room-not-found", "GET", "/v1/rooms/record:a", "")
	mu.Lock()
	defer mu.Unlock()
	lock := slices.IndexFunc(calls, func(c Call) bool { return strings.HasSuffix(c.Route, "/lock") })
	if lock < 0 || calls[lock].By != "ann" || calls[lock].Room != "record:a" || !strings.HasPrefix(calls[lock].Remote, "127.0.0.1:") {
		t.Errorf("%+v", calls)
	}
}

// mustHaveCall checks that the engine was called so.
func (w *world) mustHaveCall(want string) {
	w.t.Helper()
	w.engine.mu.Lock()
	defer w.engine.mu.Unlock()
	if !slices.Contains(w.engine.calls, want) {
		w.t.Errorf("calls: %q; want %q", w.engine.calls, want)
	}
}

// TestOrdersToAllNodes shows that notices and disconnects reach all nodes, that the answer has the
// sum, and that all nodes are made to look at bans that one of them has stored.
func TestOrdersToAllNodes(t *testing.T) {
	c := newCluster(t, nil)
	c.a.must(200, `{"peers":8}`, "POST", "/v1/notice", `{"text":"soon"}`, NameHeader, "ann")
	c.b.mustCall("notice info soon ann")
	c.a.must(200, `{"connections":4}`, "POST", "/v1/users/u1/disconnect", `{"reason":"go"}`, NameHeader, "ann")
	c.b.mustCall("disconnect u1 go ann -")
	c.a.must(200, `{"connections":3}`, "POST", "/v1/users/u1/disconnect", `{"for_seconds":60}`)
	c.b.mustCall("reload")
	c.b.engine.calls = nil
	c.a.must(200, `{"user":"u1"}`, "DELETE", "/v1/bans/u1", "")
	c.b.mustCall("reload")
	c.a.must(200, `{"connections":1}`, "DELETE", "/v1/connections/1", "")
	c.a.must(404, "it may have ended already", "DELETE", "/v1/connections/2", "")
	c.b.engine.fails = errDisk
	c.a.must(200, `"silent":["b"]`, "DELETE", "/v1/bans/u1", "")
}

// TestConnectionsOfAllNodes shows that the pages of connections have those of all nodes in the
// order of their ids.
func TestConnectionsOfAllNodes(t *testing.T) {
	page := mergeConnections(
		api.ConnectionPage{Connections: []api.Connection{{ID: 1}, {ID: 5}}, NextAfter: 5},
		[]part[api.ConnectionPage]{{value: api.ConnectionPage{Connections: []api.Connection{{ID: 2}, {ID: 9}}}}}, 2,
	)
	if len(page.Connections) != 2 || page.Connections[1].ID != 2 || page.NextAfter != 2 {
		t.Errorf("%+v", page)
	}
	c := newCluster(t, nil)
	whole := read[api.ConnectionPage](c.a, "/v1/connections")
	if len(whole.Connections) != 2 || whole.Connections[0].Node == whole.Connections[1].Node || whole.NextAfter != 0 {
		t.Errorf("%+v", whole)
	}
}

// TestStoredRoomsOfAllNodes shows that a room that several nodes list is listed once, and that
// pages end where the next begins.
func TestStoredRoomsOfAllNodes(t *testing.T) {
	room := func(name string) api.StoredRoom { return api.StoredRoom{Name: name} }
	page := mergeStored(api.StoredPage{Rooms: []api.StoredRoom{room("a"), room("c")}, NextAfter: "c"},
		[]part[api.StoredPage]{{value: api.StoredPage{Rooms: []api.StoredRoom{room("a"), room("b")}, Damage: "torn"}}}, 2)
	if len(page.Rooms) != 2 || page.Rooms[1].Name != "b" || page.NextAfter != "b" || page.Damage != "torn" {
		t.Errorf("%+v", page)
	}
	c := newCluster(t, nil)
	if whole := read[api.StoredPage](c.a, "/v1/stored"); len(whole.Rooms) != 2 || whole.NextAfter != "" {
		t.Errorf("%+v", whole)
	}
}

// TestStatusOfAllNodes shows that the status has the sums of all nodes, and each node's own.
func TestStatusOfAllNodes(t *testing.T) {
	c := newCluster(t, nil)
	st := read[api.Status](c.a, "/v1/status")
	if st.Node != "a" || st.Rooms != 6 || st.Peers != 14 || len(st.Nodes) != 2 || st.Nodes[1].Node != "b" ||
		st.Nodes[1].Rooms != 3 || st.Nodes[0].Nodes != nil {
		t.Errorf("%+v", st)
	}
}

// TestNodes shows that all nodes are listed as they describe themselves, with the time that they
// took and the difference of the clocks, whichever is asked.
func TestNodes(t *testing.T) {
	c := newCluster(t, nil)
	nodes := read[api.NodePage](c.b, "/v1/nodes").Nodes
	if len(nodes) != 2 || nodes[0].Name != "a" || nodes[1].Name != "b" {
		t.Fatalf("%+v", nodes)
	}
	for _, n := range nodes {
		if n.Rooms != 3 || n.Peers != 7 || n.Connections != 7 || !n.Ready || n.At == nil || n.Silent ||
			(n.RoundTripSeconds > 0) != (n.Name == "a") || max(n.ClockAheadSeconds, -n.ClockAheadSeconds) > n.RoundTripSeconds {
			t.Errorf("%+v", n)
		}
	}
}

// TestVersionsOfAllNodes shows that a version in Redis, which all nodes list, is listed once, and
// one that a single node has on its disk with that node; and that a room which only another node
// has is listed.
func TestVersionsOfAllNodes(t *testing.T) {
	c := newCluster(t, nil)
	own := engine.Version{ID: 1, Time: now.Add(-time.Hour), Why: "automatic", Size: 5}
	c.b.engine.detail.Versions = append(c.b.engine.detail.Versions, own)
	list := read[api.VersionList](c.a, "/v1/rooms/record:a/versions").Versions
	if len(list) != 2 || list[0].Node != "b" || list[0].Reason != "automatic" || list[1].Node != "" {
		t.Errorf("%+v", list)
	}
	c.a.engine.fails = engine.ErrNoRoom
	if list := read[api.VersionList](c.a, "/v1/rooms/record:a/versions").Versions; len(list) != 2 {
		t.Errorf("%+v", list)
	}
	c.b.engine.fails = engine.ErrNoRoom
	c.a.must(404, "room-not-found", "GET", "/v1/rooms/record:a/versions", "")
}

// TestRestoreFromNode shows that the owner of a room restores a version that is on the disk of the
// node that the request names, whichever node is asked, and passes on why it cannot be read.
func TestRestoreFromNode(t *testing.T) {
	c := newCluster(t, nil)
	const path = "/v1/rooms/notes%2Fa/versions/3/restore"
	c.owners["notes/a"] = "a"
	c.b.must(200, `"version":3,"kept":8`, "POST", path, "", NodeHeader, "b", NameHeader, "ann")
	c.b.mustHaveCall("document notes/a 3 snapshot")
	c.a.mustCall("restore snapshot notes/a 3 0 ann")
	c.owners["notes/a"] = "b"
	c.b.must(200, `"kept":4`, "POST", path, "", NodeHeader, "b")
	c.b.mustHaveCall("restore notes/a 3 admin")
	c.a.must(200, `"kept":4`, "POST", path, "")
	c.a.must(404, "node-not-found", "POST", path, "", NodeHeader, "c")
	c.a.engine.fails = engine.ErrNoVersion
	c.b.must(404, "version-not-found", "POST", path, "", NodeHeader, "a")
	c.owners["notes/a"] = "a"
	c.a.engine.fails = nil
	c.endB()
	c.a.must(503, "does not answer", "POST", path, "", NodeHeader, "b")
}

// TestEventsOfAllNodes shows that a stream has the events of all nodes with their names, and which
// nodes do not answer.
func TestEventsOfAllNodes(t *testing.T) {
	c := newCluster(t, nil)
	resp := c.a.do("GET", "/v1/events?kinds=joined", "")
	lines := bufio.NewReader(resp.Body)
	mustRead(t, lines, ": connected")
	awaitLine(t, lines, ": events of b")
	c.b.hub.Publish(events.Event{Time: now, Kind: events.Left, User: "u1"})
	c.b.hub.Publish(events.Event{Time: now, Kind: events.Joined, User: "u1"})
	awaitLine(t, lines, `"kind":"joined","node":"b"`)
	c.a.hub.Publish(events.Event{Time: now, Kind: events.Joined, User: "u2"})
	awaitLine(t, lines, `"kind":"joined","node":"a"`)
	c.endB()
	awaitLine(t, lines, `data: {"partial":true,"silent":["b"]}`)
	c.mu.Lock()
	c.nodes = c.nodes[:1]
	c.mu.Unlock()
	awaitLine(t, lines, `data: {}`)
}

// awaitLine reads until a line has some text.
func awaitLine(t *testing.T, lines *bufio.Reader, text string) {
	t.Helper()
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("no line with %q: %v", text, err)
		}
		if strings.Contains(line, text) {
			return
		}
	}
}

// TestAloneAnswersAsBefore shows that a server without nodes has no members about nodes.
func TestAloneAnswersAsBefore(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range append([]string{"/v1/rooms/record:a"}, listed[:4]...) {
		if _, text := w.send("GET", path, ""); strings.Contains(text, `"node`) || strings.Contains(text, `"silent`) {
			t.Errorf("%s: %s", path, text)
		}
	}
	w.must(200, `{"nodes":[]}`, "GET", "/v1/nodes", "")
	w.must(404, "node-not-found", "GET", "/v1/rooms", "", NodeHeader, "a")
}
