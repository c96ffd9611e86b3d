package documents

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/authorship"
)

// fakeNodes are two nodes as the first of them sees them: the other one has the rooms whose names
// begin with "b".
type fakeNodes struct {
	other *httptest.Server
	away  bool
}

func (n *fakeNodes) Owner(_ context.Context, room string) (string, error) {
	switch {
	case n.away:
		return "", errors.New("Redis is away")
	case strings.HasPrefix(room, "b"):
		return n.other.URL, nil
	}
	return "", nil
}

func (n *fakeNodes) Others() []api.Node { return []api.Node{{Name: "other", Address: n.other.URL}} }

func (n *fakeNodes) Call(ctx context.Context, address string, r *http.Request) (*http.Response, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	r = r.WithContext(ctx)
	r.URL.Scheme, r.URL.Host = u.Scheme, u.Host
	return http.DefaultClient.Do(r)
}

// onNoDisk says that all versions are in a store that all nodes have.
func onNoDisk(uint64) bool { return false }

// TestNodes shows that requests about a document are answered by the node that has it, with their
// conditions, bodies and answers, in the name of the caller that the first node has checked.
func TestNodes(t *testing.T) {
	nodes := new(fakeNodes)
	a := newWorld(t, func(c *Config) { c.Nodes, c.OnDisk = nodes, onNoDisk })
	b := newWorld(t, func(c *Config) { c.Nodes, c.OnDisk = nodes, onNoDisk })
	nodes.other = httptest.NewServer(b.server.ForNodes())
	defer nodes.other.Close()

	a.makeText("a", "here")
	tag := a.makeText("b", "there")
	body, _ := json.Marshal(NewDocument{"b2", "text", "there, too", "text"})
	if made := a.must(201, "POST", Path, string(body), as("application/json")...); made.header.Get("Location") != Path+"/b2" {
		t.Errorf("%v", made.header)
	}
	if len(b.engine.Rooms()) != 2 || len(a.engine.Rooms()) != 1 {
		t.Errorf("%d and %d rooms", len(a.engine.Rooms()), len(b.engine.Rooms()))
	}
	if got := a.reads("b?format=text"); got != "there" {
		t.Errorf("%q", got)
	}
	a.must(304, "GET", Path+"/b?format=text", "", ifNoneMatch, tag)
	done := a.must(200, "PATCH", Path+"/b", "there it is", as("text/plain", ifMatch, tag, onBehalfOf, "ann", "Prefer", "return=representation")...)
	if done.body != "there it is" || done.header.Get("ETag") == tag || len(done.header.Values("Cache-Control")) != 1 {
		t.Errorf("%+v", done)
	}
	parts := decoded[authorship.Authors](t, a.must(200, "GET", Path+"/b/authors", "")).Parts
	if len(parts) != 2 || *parts[1].By != (authorship.By{ID: "key:all", Name: "all", OnBehalfOf: "ann"}) {
		t.Errorf("%+v", parts)
	}
	if problem := a.send("GET", Path+"/b?format=markdown", ""); problem.status != 409 || problem.problem() != WrongShape {
		t.Errorf("%+v", problem)
	}
	if problem := a.send("PATCH", Path+"/b", "x", as("text/plain", ifMatch, `"x"`)...); problem.status != 412 || problem.header.Get("ETag") != done.header.Get("ETag") {
		t.Errorf("%+v", problem)
	}
	a.must(403, "GET", Path+"/b", "", "Authorization", "Bearer "+readerKey)
	nodes.away = true
	if problem := a.must(503, "GET", Path+"/b", ""); problem.problem() != api.Unavailable || problem.header.Get("Retry-After") == "" {
		t.Errorf("%+v", problem)
	}
	nodes.away = false
	nodes.other.Close()
	if problem := a.must(503, "GET", Path+"/b", ""); problem.problem() != api.Unavailable {
		t.Errorf("%+v", problem)
	}
	a.must(200, "GET", Path+"/a", "")
}

// TestCallsOfNodesHaveCallers shows that a call without a caller is refused.
func TestCallsOfNodesHaveCallers(t *testing.T) {
	w := newWorld(t, nil)
	w.makeText("a", "text")
	for _, caller := range []string{"", "%", "eA=="} {
		out := httptest.NewRecorder()
		r := httptest.NewRequest("GET", Path+"/a", nil)
		r.Header.Set(callerHeader, caller)
		if w.server.ForNodes().ServeHTTP(out, r); out.Code != 400 {
			t.Errorf("%q: %d", caller, out.Code)
		}
	}
}

// TestVersionsOfSilentNode shows that the list of versions says that a node does not answer which
// may have more on its disk, that a version which it may have is not said to be gone, and that
// versions on this node's disk are there.
func TestVersionsOfSilentNode(t *testing.T) {
	nodes := new(fakeNodes)
	change := func(c *Config) { c.Nodes, c.OnDisk = nodes, func(uint64) bool { return true } }
	a, b := newWorld(t, change), newWorld(t, change)
	nodes.other = httptest.NewServer(b.server.ForNodes())
	a.makeText("a", "one")
	a.must(201, "POST", Path+"/a/versions", "")
	list := decoded[VersionList](t, a.must(200, "GET", Path+"/a/versions", ""))
	if list.Partial || len(list.Versions) != 1 {
		t.Fatalf("%+v", list)
	}
	v := list.Versions[0]
	unknown := idOf(parseVersion(v.ID) + 1)
	a.must(404, "GET", Path+"/a/versions/"+unknown, "")
	a.must(404, "POST", Path+"/a/versions/"+unknown+"/restore", "")
	nodes.other.Close()
	if list := decoded[VersionList](t, a.must(200, "GET", Path+"/a/versions", "")); !list.Partial || len(list.Versions) != 1 {
		t.Errorf("%+v", list)
	}
	a.must(200, "GET", Path+"/a/versions/"+v.ID, "")
	for _, path := range []string{"/a/versions/" + unknown, "/a/compare?to=" + unknown, "/a/authors?version=" + unknown} {
		if problem := a.must(503, "GET", Path+path, ""); problem.problem() != api.Unavailable {
			t.Errorf("%s: %+v", path, problem)
		}
	}
	a.must(503, "POST", Path+"/a/versions/"+unknown+"/restore", "")
}

// TestDiskVersionIsRestoredByUser shows that a version on a disk is restored as one in the store
// that all nodes have: where people may not write, no program restores one.
func TestDiskVersionIsRestoredByUser(t *testing.T) {
	nodes := new(fakeNodes)
	w := newWorld(t, func(c *Config) { c.Nodes, c.OnDisk = nodes, func(uint64) bool { return true } })
	nodes.other = httptest.NewServer(w.server.ForNodes())
	defer nodes.other.Close()
	tag := w.makeText("a", "one")
	path := Path + "/a/versions"
	w.must(201, "POST", path, "")
	v := decoded[VersionList](t, w.must(200, "GET", path, "")).Versions[0]
	w.must(200, "PATCH", Path+"/a", "two", as("text/plain", ifMatch, tag)...)
	if err := w.engine.Lock(t.Context(), roomkey.MustParse("a"), true, "ann"); err != nil {
		t.Fatal(err)
	}
	w.must(423, "POST", path+"/"+v.ID+"/restore", "")
	if err := w.engine.Lock(t.Context(), roomkey.MustParse("a"), false, "ann"); err != nil {
		t.Fatal(err)
	}
	done := decoded[Restored](t, w.must(200, "POST", path+"/"+v.ID+"/restore", "", onBehalfOf, "ann"))
	if done.Version != v.ID || done.Kept == "" || w.reads("a?format=text") != "one" {
		t.Errorf("%+v", done)
	}
}
