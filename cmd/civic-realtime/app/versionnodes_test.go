package app

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/redis/redistest"
	"github.com/civicpress/civic-realtime/transport/authorship"
	"github.com/civicpress/civic-realtime/transport/documents"
)

// ask sends a request to the documents API of the node.
func (n *runningNode) ask(method, path, body string) (status int, answer string) {
	n.t.Helper()
	r, err := http.NewRequest(method, "http://"+n.addr+documents.Path+"/record:kept"+path, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// must is ask for a request that must be answered with this status.
func (n *runningNode) must(status int, method, path, body string) string {
	n.t.Helper()
	got, answer := n.ask(method, path, body)
	if got != status {
		n.t.Fatalf("%s %s: %d %s", method, path, got, answer)
	}
	return answer
}

func answerOf[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// versions returns the ids of the versions that the node lists, in its order.
func (n *runningNode) versions() (ids []string) {
	n.t.Helper()
	status, answer := n.ask("GET", "/versions", "")
	if status != http.StatusOK {
		return nil
	}
	list := answerOf[documents.VersionList](n.t, answer)
	if list.Partial {
		n.t.Error("the list is not complete")
	}
	for _, v := range list.Versions {
		ids = append(ids, v.ID)
	}
	return ids
}

const versionOfNode = "?format=text&fragment=text"

// visit opens the document at a node, writes in it, and waits until it is closed again.
func (n *runningNode) visit(id byte, text string) {
	n.t.Helper()
	w := n.join(id, "kept")
	w.types(text)
	until(n.t, text+" is there", func() bool {
		_, got := n.ask("GET", versionOfNode, "")
		return strings.Contains(got, text)
	})
	w.leave()
	until(n.t, "the room is closed", func() bool { return !n.owns("kept") })
}

// TestVersionsOfAllNodes shows that versions that were made by themselves, and are on the disks of
// two nodes, are listed by both under ids that differ, also while the document is open at one of
// them, and that both nodes read, compare, rename, restore and delete each of them.
func TestVersionsOfAllNodes(t *testing.T) {
	redis := redistest.Start(t, "appendonly yes")
	const keys = "  api: {enabled: true}\n  snapshots: {version_interval: 1ms, min_interval: 1ms}\n  rooms: {grace_period_ms: 0}\n"
	one, two := startNode(t, redis, t.TempDir(), keys), startNode(t, redis, t.TempDir(), keys)
	for _, n := range []*runningNode{one, two} {
		until(t, "both are seen", func() bool { return len(n.components().node.member.Nodes()) == 2 })
	}
	one.visit(1, "first")
	one.visit(2, "second")
	two.visit(3, "third")
	two.visit(4, "fourth")
	all := one.versions()
	for _, n := range []*runningNode{one, two} {
		local, err := n.components().node.local.Versions(t.Context(), "record:kept")
		if err != nil || len(local) == 0 {
			t.Errorf("a node has no versions on its disk: %v", err)
		}
	}
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != len(all) || !slices.Equal(all, two.versions()) {
		t.Fatalf("%q and %q", all, two.versions())
	}
	texts := map[string]string{}
	for _, id := range all {
		texts[id] = one.must(200, "GET", "/versions/"+id+versionOfNode, "")
		if got := two.must(200, "GET", "/versions/"+id+versionOfNode, ""); got != texts[id] || got == "" {
			t.Errorf("%s: %q and %q", id, texts[id], got)
		}
	}
	one.must(404, "GET", "/versions/1"+versionOfNode, "")

	bob := two.join(5, "kept")
	bob.types("fifth")
	until(t, "the second owns the room", func() bool { return two.owns("kept") })
	bob.mustSee("first")
	for _, n := range []*runningNode{one, two} {
		has := n.versions()
		if slices.ContainsFunc(all, func(id string) bool { return !slices.Contains(has, id) }) {
			t.Errorf("while the document is open: %q instead of %q", has, all)
		}
	}
	mustCompareDisks(t, one, two, all[0], all[len(all)-1])
	for i, id := range []string{all[0], all[len(all)-1]} { // of the first node, and of the second
		mustHandleVersion(t, []*runningNode{two, one}[i], id, texts[id])
	}
	for _, n := range []*runningNode{one, two} {
		if ids := n.versions(); slices.Contains(ids, all[0]) || slices.Contains(ids, all[len(all)-1]) {
			t.Errorf("%q", ids)
		}
	}
}

// mustCompareDisks shows that both nodes compare versions of which each is on the disk of one.
func mustCompareDisks(t *testing.T, one, two *runningNode, first, last string) {
	t.Helper()
	for _, pair := range [][2]string{{first, last}, {last, first}} {
		path := "/compare?from=" + pair[0] + "&to=" + pair[1]
		changes := answerOf[authorship.Comparison](t, one.must(200, "GET", path, "")).Changes
		also := answerOf[authorship.Comparison](t, two.must(200, "GET", path, "")).Changes
		if len(changes) == 0 || !reflect.DeepEqual(changes, also) {
			t.Errorf("%s: %+v and %+v", path, changes, also)
		}
	}
}

// mustHandleVersion does everything with a version that is on the disk of another node than the
// one that is asked.
func mustHandleVersion(t *testing.T, n *runningNode, id, text string) {
	t.Helper()
	path := "/versions/" + id
	if v := answerOf[documents.Version](t, n.must(200, "PATCH", path, `{"name": "early"}`)); v.ID != id || v.Name != "early" {
		t.Errorf("%+v", v)
	}
	if changes := answerOf[authorship.Comparison](t, n.must(200, "GET", "/compare?from="+id, "")).Changes; len(changes) == 0 {
		t.Error("nothing differs from the version")
	}
	if parts := answerOf[authorship.Authors](t, n.must(200, "GET", "/authors?version="+id, "")).Parts; len(parts) == 0 {
		t.Error("the version has no parts")
	}
	done := answerOf[documents.Restored](t, n.must(200, "POST", path+"/restore", ""))
	if done.Version != id || done.Kept == "" || n.must(200, "GET", versionOfNode, "") != text {
		t.Errorf("%+v", done)
	}
	list := answerOf[documents.VersionList](t, n.must(200, "GET", "/versions", "")).Versions
	if !slices.ContainsFunc(list, func(v documents.Version) bool { return v.ID == done.Kept && v.RestoredFrom == id }) {
		t.Errorf("%+v", list)
	}
	n.must(204, "DELETE", path, "")
	n.must(404, "GET", path+versionOfNode, "")
}
