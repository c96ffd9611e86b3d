package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// receivers returns a receiver of webhooks.
func receivers(err error, encrypted bool) []Webhook {
	return []Webhook{{Name: "receiver", Encrypted: encrypted, Probe: func(context.Context) error { return err }}}
}

// healthy returns a subject of which all is well, on this machine.
func healthy(t *testing.T) Subject {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = free.Close()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a token is sent")
		}
		w.WriteHeader(http.StatusNotFound) // any answer will do
	}))
	t.Cleanup(api.Close)
	return Subject{
		APIURL: api.URL, APIUser: func(context.Context) (string, error) { return "Ann", nil }, TokenSigned: func() bool { return true },
		Secrets: []Secret{{Key: "auth.jwt.secret", Bytes: 32, Least: 32}}, DataDir: dir, OpenStore: func() error { return nil }, Sync: true,
		Listen: free.Addr().String(), Proxies: 1, Connections: 1, Leeway: 30 * time.Second, MemoryLimit: func() (int64, string) { return 0, "" },
	}
}

// file writes a file that everybody may read.
func file(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := errors.Join(os.WriteFile(name, []byte("s"), 0o600), os.Chmod(name, 0o644)); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestRun shows what is found of a server of which all is well but one thing.
func TestRun(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	defer broken.Close()
	ahead := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
	}))
	defer ahead.Close()
	for _, test := range []struct {
		name   string
		change func(*Subject)
		check  string
		status Status
		detail string
	}{
		{"well", func(*Subject) {}, "configuration", OK, "valid"},
		{"a file", func(s *Subject) { s.ConfigFile = "x.yml" }, "configuration", OK, "x.yml is valid"},
		{"an error", func(s *Subject) { s.Errors = []string{"port: wrong"} }, "configuration", Fail, "port: wrong"},
		{"a warning", func(s *Subject) { s.Warnings = []string{"odd"} }, "configuration", Warn, "odd"},
		{"a short secret", func(s *Subject) { s.Secrets[0].Bytes = 31 }, "secrets", Fail, "31 bytes"},
		{"a secret for all", func(s *Subject) { s.Files = []string{file(t)} }, "secrets", Warn, "others may read it"},
		{"API", func(*Subject) {}, "CivicPress", OK, "answers"},
		{"a receiver", func(s *Subject) { s.Webhooks = receivers(nil, true) }, "webhooks", OK, "receiver can be connected to"},
		{"a private receiver", func(s *Subject) { s.Webhooks = receivers(fs.ErrPermission, true) }, "webhooks", Fail, "permission"},
		{"a receiver without TLS", func(s *Subject) { s.Webhooks = receivers(nil, false) }, "webhooks", Warn, "receiver is sent names"},
		{"no answer", func(s *Subject) { s.APIURL = closed.URL }, "CivicPress", Fail, "refused"},
		{"an error of the API", func(s *Subject) { s.APIURL = broken.URL }, "CivicPress", Fail, "502"},
		{"no address", func(s *Subject) { s.APIURL = "http://[" }, "CivicPress", Fail, ""},
		{"clock", func(*Subject) {}, "CivicPress", OK, "agrees"},
		{"another clock", func(s *Subject) { s.APIURL = ahead.URL }, "CivicPress", Fail, "ahead"},
		{"token", func(*Subject) {}, "CivicPress", OK, "the session of Ann"},
		{"a refused token", func(s *Subject) { s.APIUser = func(context.Context) (string, error) { return "", fs.ErrPermission } }, "CivicPress", Fail, "does not accept"},
		{"another secret", func(s *Subject) { s.TokenSigned = func() bool { return false } }, "CivicPress", Fail, "not signed"},
		{"store", func(*Subject) {}, "store", OK, "opens"},
		{"nothing stored", func(s *Subject) { s.OpenStore = func() error { return fs.ErrNotExist } }, "store", OK, "can be written"},
		{"damaged", func(s *Subject) { s.OpenStore = func() error { return persist.ErrCorrupt } }, "store", Fail, ""},
		{"in use", func(s *Subject) {
			s.OpenStore, s.RunningPID = func() error { return persist.ErrInUse }, os.Getpid()
		}, "store", OK, fmt.Sprint("process ", os.Getpid())},
		{"in use by a stranger", func(s *Subject) { s.OpenStore = func() error { return persist.ErrInUse } }, "store", OK, "another process"},
		{"data for all", func(s *Subject) { _ = os.Chmod(s.DataDir, 0o755) }, "store", Warn, "read by others"},
		{"disk", func(*Subject) {}, "disk", OK, "a write is on the disk after"},
		{"port", func(*Subject) {}, "port", OK, "free"},
		{"a port in use", func(s *Subject) { s.Listen = taken.Addr().String() }, "port", Fail, "another program"},
		{"our port", func(s *Subject) { s.Listen, s.RunningPID = taken.Addr().String(), os.Getpid() }, "port", OK, "accepts connections"},
		{"a port that is not ours", func(s *Subject) { s.RunningPID = os.Getpid() }, "port", Warn, "listens elsewhere"},
		{"an old place", func(s *Subject) { s.RunningPID = 1 << 30 }, "port", OK, "free"},
		{"any port", func(s *Subject) { s.Listen = "127.0.0.1:0" }, "port", OK, "any"},
		{"no such address", func(s *Subject) { s.Listen = "192.0.2.1:1" }, "port", Fail, ""},
		{"proxies", func(*Subject) {}, "proxy", OK, "1 trusted"},
		{"an unknown proxy", func(s *Subject) { s.Proxies, s.Loopback = 0, true }, "proxy", Warn, "no limit by address"},
		{"no proxy", func(s *Subject) { s.Proxies = 0 }, "proxy", OK, "own addresses"},
		{"forwarded", func(s *Subject) {
			s.RunningPID, s.Listen, s.Forwarded = os.Getpid(), taken.Addr().String(), forwarded(3, 4)
		}, "proxy", OK, "3 of 4"},
		{"nobody there", func(s *Subject) {
			s.RunningPID, s.Listen, s.Forwarded = os.Getpid(), taken.Addr().String(), forwarded(0, 0)
		}, "proxy", OK, "nobody"},
		{"nothing forwarded", func(s *Subject) {
			s.RunningPID, s.Listen, s.Forwarded = os.Getpid(), taken.Addr().String(), forwarded(0, 4)
		}, "proxy", Warn, "none of 4"},
		{"files", func(*Subject) {}, "files", OK, "enough"},
		{"too many connections", func(s *Subject) { s.Connections = 1 << 30 }, "files", Fail, "limits.connections"},
		{"files of the server", func(s *Subject) { s.RunningPID = os.Getpid() }, "files", OK, ""},
		{"memory", func(*Subject) {}, "memory", OK, "no limit"},
		{"enough memory", func(s *Subject) { s.MemoryLimit = func() (int64, string) { return 1 << 30, "test" } }, "memory", OK, "1.0 GiB (test)"},
		{"little memory", func(s *Subject) {
			s.MemoryLimit, s.MemoryWanted = func() (int64, string) { return 1 << 20, "test" }, 2<<20
		}, "memory", Warn, "1 MiB (test)"},
		{"own clock", func(*Subject) {}, "clock", OK, "evenly"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := healthy(t)
			test.change(&s)
			all := Run(t.Context(), s)
			found := false
			for _, f := range all {
				found = found || f.Check == test.check && f.Status == test.status && strings.Contains(f.Detail, test.detail)
				if f.Status == Fail && f.Advice == "" || f.Status == Warn && f.Advice == "" && f.Check != "configuration" {
					t.Errorf("there is no advice for %+v", f)
				}
			}
			if !found {
				t.Errorf("not found: %s %s %q in %+v", test.check, test.status, test.detail, all)
			}
			if Failed(all) != (test.status == Fail) {
				t.Errorf("failed %v: %+v", Failed(all), all)
			}
			left, _ := filepath.Glob(filepath.Join(s.DataDir, ".*"))
			if len(left) > 0 {
				t.Errorf("it leaves %q", left)
			}
		})
	}
}

// forwarded is a Subject.Forwarded.
func forwarded(forwarded, connections int) func(context.Context) (int, int, error) {
	return func(context.Context) (int, int, error) { return forwarded, connections, nil }
}

// TestNothingToCheck shows that a server without a part has no findings about it.
func TestNothingToCheck(t *testing.T) {
	for _, f := range Run(t.Context(), Subject{}) {
		if f.Check != "configuration" && f.Check != "clock" && f.Check != "files" {
			t.Errorf("%+v", f)
		}
	}
}

// TestKinds shows which kinds of file systems may have the data.
func TestKinds(t *testing.T) {
	for kind, want := range map[string]Status{"ext4": OK, "xfs": OK, "nfs": Fail, "smb2": Fail, "tmpfs": Warn, "overlay": Warn, "fuse": Warn} {
		if got := kindOf(kind); len(got) != 1 || got[0].Status != want {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	if got := kindOf(""); got != nil {
		t.Errorf("%+v", got)
	}
}

// TestFiles shows that a small shortage of files is a warning, and one of half of the connections a
// failure.
func TestFiles(t *testing.T) {
	for files, want := range map[uint64]Status{
		20200: OK, 20199: Warn, 20000: Warn, 10200: Warn, 10199: Fail, 100: Fail,
	} {
		if f := enoughFiles(files, 20000, "the server"); f.Status != want || (f.Advice == "") != (want == OK) {
			t.Errorf("%d files: %+v", files, f)
		}
	}
}

// TestClocks shows which differences of clocks are reported.
func TestClocks(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for drift, want := range map[time.Duration]Status{0: OK, 900 * time.Millisecond: OK, -2 * time.Second: OK, 5 * time.Second: Warn, -5 * time.Second: Warn, 31 * time.Second: Warn, time.Minute: Fail, -time.Minute: Fail} {
		if f := compareClocks(now, now.Add(drift), 30*time.Second); f.Status != want {
			t.Errorf("%v: %+v", drift, f)
		}
	}
	began := time.Now()
	if f := compareSteps(began, began.Add(time.Second)); f.Status != OK {
		t.Errorf("%+v", f)
	}
	if f := compareSteps(time.Unix(0, 0), time.Unix(1, 0)); f.Status != Fail {
		t.Errorf("%+v", f)
	}
}

// TestPrint shows the form of the output.
func TestPrint(t *testing.T) {
	all := []Finding{{Check: "disk", Status: OK, Detail: "d"}, {Check: "port", Status: Fail, Detail: "p", Advice: "a"}}
	var out bytes.Buffer
	if err := Print(&out, all); err != nil || out.String() != "ok    disk           d\nfail  port           p\n                     -> a\n" {
		t.Errorf("%q, %v", &out, err)
	}
	out.Reset()
	var got struct {
		OK       bool
		Findings []Finding
	}
	if err := errors.Join(PrintJSON(&out, all), json.Unmarshal(out.Bytes(), &got)); err != nil || got.OK || len(got.Findings) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestRedis shows what is found of the servers of Redis, and of the other nodes.
func TestRedis(t *testing.T) {
	good := RedisServer{Address: "10.0.0.5:6379", Role: "master", Version: "7.0.15", Replicas: 1}
	evicts, loses := good, good
	evicts.Refusals = []string{"maxmemory-policy allkeys-lru"}
	loses.Warnings = []string{"appendonly is no"}
	redis := func(took time.Duration, err error, servers ...RedisServer) func(context.Context) ([]RedisServer, time.Duration, error) {
		return func(context.Context) ([]RedisServer, time.Duration, error) { return servers, took, err }
	}
	nodes := func(err error, nodes ...Node) func(context.Context) ([]Node, error) {
		return func(context.Context) ([]Node, error) { return nodes, err }
	}
	for _, test := range []struct {
		change func(*Subject)
		want   string
		status Status
	}{
		{func(s *Subject) { s.Redis = redis(time.Millisecond, nil, good) }, "master of version 7.0.15, with 1 replicas", OK},
		{func(s *Subject) { s.Redis = redis(time.Second, nil, good) }, "an answer takes 1s", Warn},
		{func(s *Subject) { s.Redis = redis(0, nil, good, evicts) }, "allkeys-lru", Fail},
		{func(s *Subject) { s.Redis = redis(0, nil, loses) }, "appendonly is no", Warn},
		{func(s *Subject) { s.Redis = redis(0, errors.New("refused")) }, "Redis does not answer: refused", Fail},
		{func(s *Subject) { s.Nodes = nodes(nil, Node{Name: "a1", Self: true}) }, "a1 is the running server", OK},
		{func(s *Subject) { s.Nodes = nodes(nil, Node{Name: "b2", RoundTrip: time.Millisecond}) }, "answers in 1ms", OK},
		{func(s *Subject) { s.Nodes = nodes(nil, Node{Name: "b2", RoundTrip: time.Second}) }, "takes 1s to answer", Warn},
		{func(s *Subject) { s.Nodes = nodes(nil, Node{Name: "b2", Ahead: -time.Minute}) }, "is -1m0s ahead", Warn},
		{func(s *Subject) { s.Nodes = nodes(nil, Node{Name: "b2", NotReady: "draining"}) }, "not ready: draining", Warn},
		{func(s *Subject) { s.Nodes = nodes(nil, Node{Name: "b2", Silent: true}) }, "b2 at  does not answer", Fail},
		{func(s *Subject) { s.Nodes = nodes(errors.New("no token")) }, "cannot be listed: no token", Warn},
	} {
		s := Subject{RunningPID: os.Getpid()}
		test.change(&s)
		found := append(checkRedis(context.Background(), &s), checkNodes(context.Background(), &s)...)
		if !slices.ContainsFunc(found, func(f Finding) bool {
			return f.Status == test.status && strings.Contains(f.Detail, test.want)
		}) {
			t.Errorf("no %s %q in %+v", test.status, test.want, found)
		}
	}
}
