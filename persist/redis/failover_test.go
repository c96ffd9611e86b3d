package redis_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/persist/redis"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// announced calls Announce until it succeeds.
func announced(t testing.TB, c *redis.Client, node string) redis.Sight {
	t.Helper()
	var err error
	for begin := time.Now(); time.Since(begin) < 30*time.Second; time.Sleep(20 * time.Millisecond) {
		var sight redis.Sight
		if sight, err = c.Announce(t.Context(), node, nil, ttl); err == nil {
			return sight
		}
	}
	t.Fatalf("Redis does not come back: %v", err)
	return redis.Sight{}
}

// TestSentinel shows that calls reach the new master after a failover, that the generation changes
// but for its marker, and that a node that had a lease gets another fence.
func TestSentinel(t *testing.T) {
	s := redistest.StartSentinels(t, 1)
	c := open(t, s.URL())
	before := acquire(t, c, "r", "a")
	appendRows(t, c, row(before.Lease, 5, "x"))
	if err := c.WaitReplicas(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.Failover()
	sight := announced(t, c, "a")
	marker, _, _ := strings.Cut(before.Generation, ".")
	now := sight.Generations[0]
	if now == before.Generation || !strings.HasPrefix(now, marker+".") {
		t.Errorf("generation %s, was %s", now, before.Generation)
	}
	if sight.Emptied {
		t.Error("it is said to be empty")
	}
	late, err := c.Acquire(t.Context(), "r", "a", ttl, before.Generation)
	if err != nil || late.Lease.Node != "" {
		t.Errorf("a lease in the old generation: %+v, %v", late, err)
	}
	after := acquire(t, c, "r", "a")
	if after.Lease.Fence <= before.Lease.Fence {
		t.Errorf("%+v after %+v", after, before)
	}
	if r := appendRows(t, c, row(before.Lease, 5, "y")); !errors.Is(r[0].Err, cluster.ErrNotOwner) {
		t.Errorf("with the old fence: %v", r[0].Err)
	}
	if _, texts := contents(t, c, "r"); len(texts) != 1 {
		t.Errorf("%q", texts)
	}
}

// TestRestart shows that the generation changes when Redis restarts, that calls fail meanwhile and
// work afterwards, and that a Redis that has kept nothing is known as empty.
func TestRestart(t *testing.T) {
	for _, test := range []struct {
		option  string
		emptied bool
	}{{"appendonly no", true}, {"appendonly yes", false}} {
		s := redistest.Start(t, test.option)
		c := open(t, s.URL())
		before := acquire(t, c, "r", "a")
		s.Kill()
		err := c.Renew(t.Context(), []redis.Renewal{{Lease: before.Lease}}, ttl)
		if err == nil || c.Healthy() == nil {
			t.Errorf("without Redis: %v, %v", err, c.Healthy())
		}
		s.Restart()
		sight := announced(t, c, "a")
		if sight.Emptied != test.emptied || sight.Generations[0] == before.Generation {
			t.Errorf("%s: %+v", test.option, sight)
		}
		if c.Healthy() != nil {
			t.Error(c.Healthy())
		}
	}
}

// TestEmptied shows that owners learn that Redis was emptied before anybody makes a marker.
func TestEmptied(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, s.URL())
	before := acquire(t, c, "r", "a")
	s.Flush()
	renewals := []redis.Renewal{{Lease: before.Lease}}
	err := c.Renew(t.Context(), renewals, ttl)
	if err != nil || !errors.Is(renewals[0].Err, cluster.ErrChanged) {
		t.Errorf("%v, %+v", err, renewals)
	}
	rows := appendRows(t, c, row(before.Lease, 5, "x"))
	if !errors.Is(rows[0].Err, cluster.ErrNotOwner) {
		t.Errorf("a row: %v", rows[0].Err)
	}
	if after := acquire(t, c, "r", "a"); after.Lease.Fence <= before.Lease.Fence {
		t.Errorf("%+v after %+v", after, before)
	}
}

// TestTailLost shows that a failover that loses the newest rows gives the owner another fence, and
// that rows after it have other places than those that were lost.
func TestTailLost(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, s.URL())
	before := acquire(t, c, "r", "a")
	appendRows(t, c, row(before.Lease, 5, "kept"))
	replica := s.Replica()
	replica.CutOff()
	lost := appendRows(t, c, row(before.Lease, 5, "lost"))[0]
	replica.Promote()
	now := open(t, replica.URL())
	unaware := appendRows(t, now, row(before.Lease, 5, "by an owner that does not know"))[0]
	after := acquire(t, now, "r", "a")
	next := appendRows(t, now, row(after.Lease, 5, "next"))[0]
	if unaware.Err != nil || unaware.At == lost.At || next.At.Fence <= lost.At.Fence {
		t.Errorf("%+v, %+v, %+v", lost, unaware, next)
	}
	if _, texts := contents(t, now, "r"); len(texts) != 3 || texts[0] != "kept" {
		t.Errorf("%q", texts)
	}
}

// TestOneShardAway shows that rooms of other servers of a Redis Cluster go on when one is away.
func TestOneShardAway(t *testing.T) {
	servers := redistest.StartCluster(t, 3, "cluster-require-full-coverage no")
	c := open(t, servers.URL())
	var rows []redis.FencedRow
	for _, room := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		rows = append(rows, row(acquire(t, c, room, "a").Lease, 5, "x"))
	}
	servers.Servers[2].Kill()
	if err := c.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, r := range rows {
		if r.Err != nil {
			failed++
		}
		if errors.Is(r.Err, cluster.ErrNotOwner) {
			t.Errorf("%s: %v", r.Lease.Room, r.Err)
		}
	}
	if failed == 0 || failed == len(rows) {
		t.Errorf("%d of %d rows failed", failed, len(rows))
	}
}

// TestUnreachable shows that errors of calls say whether Redis was not reached, or has refused.
func TestUnreachable(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, s.URL())
	unreachable := func(ctx context.Context) bool {
		_, err := c.Late(ctx, "room")
		var away interface{ Unreachable() bool }
		if err == nil {
			t.Error("no error")
		}
		return errors.As(err, &away) && away.Unreachable()
	}
	s.Do("acl", "setuser", "default", "-hvals") // the command of Late
	if unreachable(t.Context()) {
		t.Error("an answer counts as none")
	}
	s.Pause()
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if !unreachable(soon) {
		t.Error("Redis that does not answer was reached")
	}
	s.Resume()
	s.Kill()
	if !unreachable(t.Context()) {
		t.Error("Redis that has ended was reached")
	}
}

// TestTLS shows that Redis is reached over TLS with the right authority and certificate, and not
// without.
func TestTLS(t *testing.T) {
	certs := redistest.MakeCerts(t)
	s := redistest.StartTLS(t, certs, true, "requirepass secret")
	config := certs.Config(t)
	config.ServerName = ""
	log := slog.New(slog.DiscardHandler)
	c, err := redis.Open(t.Context(), redis.Config{URL: s.URL(), TLS: config}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	announce(t, c, "a")
	bare := config.Clone()
	bare.Certificates = nil
	for name, wrong := range map[string]redis.Config{
		"no authority":   {URL: s.URL()},
		"no certificate": {URL: s.URL(), TLS: bare},
		"no password":    {URL: s.URL(), TLS: config, Password: "wrong"},
		"no TLS":         {URL: "redis://" + s.Addr},
	} {
		if c, err := redis.Open(t.Context(), wrong, log); err == nil {
			_ = c.Close()
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is in %q", name, err)
		}
	}
}

// TestSecret shows that all nodes have the same secret.
func TestSecret(t *testing.T) {
	s := redistest.Start(t)
	one, err1 := open(t, s.URL()).Secret(t.Context())
	two, err2 := open(t, s.URL()).Secret(t.Context())
	if one != two || len(one) < 32 || err1 != nil || err2 != nil {
		t.Errorf("%q, %q, %v, %v", one, two, err1, err2)
	}
}

// TestReplicas shows that Append waits for replicas if it is to, and fails without.
func TestReplicas(t *testing.T) {
	s := redistest.Start(t)
	config := redis.Config{URL: s.URL(), Replicas: 1, Timeout: 2 * time.Second}
	c, err := redis.Open(t.Context(), config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	lease := acquire(t, c, "r", "a").Lease
	rows := []redis.FencedRow{row(lease, 5, "x")}
	all, err := c.Settings(t.Context())
	if err != nil || len(all) != 1 ||
		!strings.Contains(strings.Join(all[0].Warnings(true), ";"), "0 of 1 replicas") {
		t.Errorf("of the missing replica it is said: %+v, %v", all, err)
	}
	if err := c.Append(t.Context(), rows); !errors.Is(err, redis.ErrReplicas) {
		t.Errorf("without a replica: %v", err)
	}
	r := s.Replica()
	if err := c.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	if n := r.Do("XLEN", "{civic}:journal:r"); n != int64(2) {
		t.Errorf("the replica has %v rows", n)
	}
}

// TestReleaseWaits shows that a lease is given up once a replica has what was written, and that a
// replica that does not answer is waited for once, and not again at the next release.
func TestReleaseWaits(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, s.URL())
	waits := func() string {
		calls, _, _ := strings.Cut(s.Info("cmdstat_wait"), ",")
		return calls
	}
	release := func(room string) {
		t.Helper()
		lease := acquire(t, c, room, "a").Lease
		appendRows(t, c, row(lease, 5, "x"))
		if err := c.Release(t.Context(), []redis.Lease{lease}); err != nil {
			t.Fatal(err)
		}
		if next := acquire(t, c, room, "b"); next.Lease.Node != "b" {
			t.Errorf("%s is not given up: %+v", room, next)
		}
	}
	if release("alone"); waits() != "" {
		t.Errorf("without a replica: %s", waits())
	}
	r := s.Replica()
	if err := c.WaitReplicas(t.Context(), 1); err != nil { // it has just begun to follow
		t.Fatal(err)
	}
	if release("waited"); waits() != "calls=2" || r.Do("XLEN", "{civic}:journal:waited") != int64(1) {
		t.Errorf("with a replica: %s, %v rows there", waits(), r.Do("XLEN", "{civic}:journal:waited"))
	}
	r.Pause()
	if release("in vain"); waits() != "calls=3" {
		t.Errorf("with a replica that is stopped: %s", waits())
	}
	if release("again"); waits() != "calls=3" {
		t.Errorf("again with that replica: %s", waits())
	}
	r.Resume()
}

// TestSettings shows what is said of servers that lose or delete rooms.
func TestSettings(t *testing.T) {
	for _, test := range []struct {
		options           []string
		refused, warnings string
	}{
		{[]string{"appendonly yes", "appendfsync always"}, "", ""},
		{[]string{"appendonly yes"}, "", "appendfsync everysec"},
		{nil, "", "nothing is kept"},
		{[]string{"save 60 1"}, "", "appendonly is no"},
		{[]string{"appendonly yes", "appendfsync always", "maxmemory-policy allkeys-lru"},
			"allkeys-lru", ""},
	} {
		all, err := open(t, redistest.Start(t, test.options...).URL()).Settings(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		s := all[0]
		refused := strings.Join(s.Refusals(), "; ")
		warnings := strings.Join(s.Warnings(true), "; ")
		if !strings.Contains(refused, test.refused) || (refused == "") != (test.refused == "") ||
			!strings.Contains(warnings, test.warnings) || (warnings == "") != (test.warnings == "") {
			t.Errorf("%q: %+v, refused %q, warnings %q", test.options, s, refused, warnings)
		}
	}
}
