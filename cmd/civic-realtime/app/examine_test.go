package app

import (
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/doctor"
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
