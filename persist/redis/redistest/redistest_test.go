package redistest

import (
	"strings"
	"testing"
)

// TestServer shows that a server answers, keeps what its options say over a restart, and forgets
// what it does not keep.
func TestServer(t *testing.T) {
	keeping, forgetful := Start(t, "appendonly yes", "appendfsync always"), Start(t)
	for _, s := range []*Server{keeping, forgetful} {
		s.Do("SET", "a", "1")
		s.Kill()
		s.Restart()
	}
	if a, b := keeping.Do("GET", "a"), forgetful.Do("GET", "a"); a != "1" || b != nil {
		t.Errorf("%v, %v", a, b)
	}
	keeping.Flush()
	keeping.Stop()
	keeping.Restart()
	if n := keeping.Do("DBSIZE"); n != int64(0) {
		t.Errorf("%v keys after a flush", n)
	}
}

// TestReplica shows that a replica has what its server has, and loses what comes after it was cut
// off.
func TestReplica(t *testing.T) {
	s := Start(t, "requirepass secret")
	s.Do("SET", "a", "1")
	r := s.Replica()
	if s.Do("GET", "a") != r.Do("GET", "a") {
		t.Error("the replica lacks a key")
	}
	r.CutOff()
	s.Do("SET", "b", "1")
	r.Promote()
	if r.Do("GET", "b") != nil || r.Info("role") != "master" {
		t.Errorf("%v, role %s", r.Do("GET", "b"), r.Info("role"))
	}
}

// TestSentinels shows that another server becomes the master when the first dies.
func TestSentinels(t *testing.T) {
	c := StartSentinels(t, 1)
	first := c.Master()
	if now := c.Failover(); now == first || now != c.Master() {
		t.Errorf("%s is the master, as before", now.Addr)
	}
}

// TestCluster shows that the slots are spread over the servers.
func TestCluster(t *testing.T) {
	c := StartCluster(t, 3)
	moved := 0
	for _, s := range c.Servers {
		_, err := s.ask("SET", "key", "1")
		if err != nil && strings.HasPrefix(err.Error(), "MOVED") {
			moved++
		}
	}
	if moved != 2 {
		t.Errorf("%d of 3 servers have no place for the key", moved)
	}
}

// TestTLS shows that a server takes connections over TLS only, and asks for certificates.
func TestTLS(t *testing.T) {
	s := StartTLS(t, MakeCerts(t), true)
	if s.Do("PING") != "PONG" {
		t.Error("no answer over TLS")
	}
	stranger := s.tls.Clone()
	stranger.Certificates = nil
	if pong, err := ask(s.Addr, "", stranger, "PING"); err == nil {
		t.Errorf("%v without a certificate", pong)
	}
	if pong, err := ask(s.Addr, "", nil, "PING"); err == nil {
		t.Errorf("%v without TLS", pong)
	}
}
