package app

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/doctor"
	"github.com/civicpress/civic-realtime/persist/hooks/standin"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// TestExamineMemory shows that doctor is given the limit that a server with this configuration
// would have, and what that server would allow with it.
func TestExamineMemory(t *testing.T) {
	c, err := parse(t, "realtime:\n  memory: {limit: 64MiB}\n  snapshots: {kept_bytes: 1000000}\n")
	if err != nil {
		t.Fatal(err)
	}
	s := c.Examine(nil)
	if limit, from := s.MemoryLimit(); limit != 64<<20 || from != "memory.limit" {
		t.Errorf("the limit is %d (%s)", limit, from)
	}
	if least, most := int64(1000000+64<<20/16), int64(64<<20); s.MemoryWanted < least || s.MemoryWanted > most {
		t.Errorf("caches and messages may take %d bytes", s.MemoryWanted)
	}
}

// TestExamineCertificates shows that doctor is given the certificates of both listeners, also under
// the names that CivicPress' files have for them.
func TestExamineCertificates(t *testing.T) {
	c, _ := parse(t, "realtime:\n  tls: {cert: a.pem, key: a.key}\n  admin:\n    tls: {cert_file: b.pem, key_file: b.key}\n") // there are no such files
	want := []doctor.Certificate{{Key: "tls", CertFile: "a.pem", KeyFile: "a.key"}, {Key: "admin.tls", CertFile: "b.pem", KeyFile: "b.key"}}
	if got := c.Examine(nil).Certificates; !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// TestExamineHooks shows what doctor finds about receivers: one that works, one with another
// secret, one that checks no signature, one that accepts any token, another program, and none,
// which fails as an API that does not answer.
func TestExamineHooks(t *testing.T) {
	receiver := standin.New(standin.Options{})
	everybody := standin.New(standin.Options{})
	everybody.Allow(doctorRoom, standin.User{ID: "u", Access: "write"})
	for name, test := range map[string]struct {
		handler http.Handler
		want    string // of the first finding; empty: none fails
	}{
		"works":          {receiver.Handler(), ""},
		"another secret": {standin.New(standin.Options{Secret: otherHookSecret}).Handler(), "rejects the call (400)"},
		"any token":      {everybody.Handler(), "was made up"},
		"no check": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte("{}"))
		}), "wrong signature"},
		"not there": {http.NotFoundHandler(), "may be another program's"},
		"down":      {nil, "connection refused"},
	} {
		server := httptest.NewServer(test.handler)
		defer server.Close()
		if test.handler == nil {
			server.Close()
		}
		c, err := parse(t, strings.ReplaceAll("realtime: {hooks: {authorize: 'URL/authorize', load: 'URL/load', store: 'URL/store'"+hookSecret+"}}", "URL", server.URL))
		if err != nil {
			t.Fatal(err)
		}
		var found []doctor.Finding
		for _, f := range doctor.Run(t.Context(), doctor.Subject{Hooks: c.Examine(nil).Hooks}) {
			if f.Check == "hooks" {
				found = append(found, f)
			}
		}
		if len(found) != 3 || doctor.Failed(found) != (test.want != "") || !strings.Contains(found[0].Detail, test.want) {
			t.Errorf("%s: %+v", name, found)
		}
	}
	if n := receiver.Count(standin.Store); n != 0 {
		t.Errorf("doctor has stored %d documents", n)
	}
}

// TestExamineWebhooks shows that doctor connects to each endpoint, if its address is allowed, and
// looks at the rights of the files with their secrets.
func TestExamineWebhooks(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("there was a request") }))
	defer server.Close()
	file := write(t, "secret", webhookSecret)
	named := strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // is no address yet
	c, err := parse(t, "realtime: {webhooks: [{name: allowed, url: '"+server.URL+"', secret_file: '"+file+"', allow_private: true}, {name: refused, url: '"+named+"', secret: "+webhookSecret+"}]}")
	if err != nil {
		t.Fatal(err)
	}
	s := c.Examine(nil)
	if !slices.Contains(s.Files, file) {
		t.Errorf("%s is not among %q", file, s.Files)
	}
	found := map[string]doctor.Status{}
	for _, f := range doctor.Run(t.Context(), doctor.Subject{Webhooks: s.Webhooks}) {
		if f.Check == "webhooks" {
			name, _, _ := strings.Cut(f.Detail, " ")
			found[name] = f.Status
		}
		if strings.Contains(f.Detail, "refused cannot") && !strings.Contains(f.Detail, "not public") {
			t.Error(f.Detail)
		}
	}
	if len(found) != 2 || found["allowed"] != doctor.OK || found["refused"] != doctor.Fail {
		t.Error(found)
	}
}

// TestExamineRedis shows that doctor is given the settings of the servers of Redis and the time of
// an answer, and for a server that is alone nothing.
func TestExamineRedis(t *testing.T) {
	server := redistest.Start(t, "maxmemory-policy allkeys-lru")
	c, err := parse(t, "realtime: {redis: {enabled: true, url: '"+server.URL()+"'}}")
	if err != nil {
		t.Fatal(err)
	}
	servers, took, err := c.Examine(nil).Redis(t.Context())
	if err != nil || took <= 0 || len(servers) != 1 || servers[0].Role != "master" || servers[0].Version == "" ||
		len(servers[0].Refusals) != 1 {
		t.Errorf("%+v, %v, %v", servers, took, err)
	}
	server.Stop()
	if _, _, err := c.Examine(nil).Redis(t.Context()); err == nil {
		t.Error("a Redis that has ended answers")
	}
	if c, err = parse(t, "realtime: {}"); err != nil || c.Examine(nil).Redis != nil {
		t.Errorf("a single server has a Redis, %v", err)
	}
}
