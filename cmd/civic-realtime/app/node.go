package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/logs"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/peers"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/nodestore"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/persist/redis"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/admin"
	"github.com/civicpress/civic-realtime/transport/handon"
)

// node is a server as one of several: what it has beside the parts of a single one. It is the store
// of its engine; Close ends all of it.
type node struct {
	*nodestore.Store
	member  *cluster.Node
	redis   *redis.Client
	archive *redis.Store
	local   *bolt.Store
	peers   net.Listener
	others  *peers.Peers
	handon  handon.Config
	secret  atomic.Pointer[string] // of all nodes
	shares  bool                   // the secret is in Redis
	engine  *engine.Engine         // set by run
	log     *slog.Logger

	running context.Context // until Close has stored everything
	stop    context.CancelFunc
	ended   sync.WaitGroup
}

// join makes the server with a local store one of the nodes that share a Redis. After an error it
// has closed the store.
func (c *Config) join(
	ctx context.Context, shared *redis.Client, local *bolt.Store, certs certificates, l *logs.Logs,
) (n *node, err error) {
	n = &node{redis: shared, local: local, log: l.Area(logs.Cluster)}
	n.running, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			n.stop()
			err = errors.Join(err, n.closeLocal())
		}
	}()
	if n.peers, err = c.listenForPeers(ctx); err != nil {
		return n, err
	}
	address, err := c.advertised(n.peers)
	if err != nil {
		return n, err
	}
	if err = n.introduce(ctx, c, address, certs); err != nil {
		return n, err
	}
	n.member = cluster.New(cluster.Config{
		Shared: shared, ShardOf: shared.ShardOf, Address: address,
		TTL: time.Duration(c.Cluster.Lease), Newest: form(newestForm), Log: n.log,
		Describe: n.others.Describe, AskPeer: n.others.Ask,
	})
	n.handon.Node = n.member.Name()
	n.archive = shared.Rooms(n.member.Name(), c.retention())
	n.Store = nodestore.New(c.nodestore(n, l.Area(logs.Store)))
	n.member.SetHolder(n.Holder())
	n.log.Info("this server is a node of a cluster", slog.String("node", n.member.Name()),
		slog.String("address", address), slog.String("durability", c.Cluster.Durability))
	return n, n.Start(ctx)
}

// newestForm is the newest form of what nodes store in Redis that this program reads. Tests build
// programs that read older forms only (-ldflags "-X …/app.newestForm=1").
var newestForm = "1"

// form returns the number of a form.
func form(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// introduce sets how other nodes know this one, which listens for them at an address. Without a
// secret in the configuration there is one in Redis, which the first node has made.
func (n *node) introduce(
	ctx context.Context, c *Config, address string, certs certificates,
) (err error) {
	secret := c.Cluster.Secret
	if n.shares = secret == ""; n.shares {
		if secret, err = n.redis.Secret(ctx); err != nil {
			return err
		}
	}
	n.secret.Store(&secret)
	n.handon = handon.Config{SecretNow: func() string { return *n.secret.Load() }, Log: n.log}
	n.handon.ListenTLS, n.handon.DialTLS, err = certs.peerTLS(&c.Cluster)
	n.others = peers.New(peers.Config{
		Secret: secret, DialTLS: n.handon.DialTLS, Version: Version, Address: address,
		Renew: time.Duration(c.Cluster.Lease) / announcements,
	}, n.log)
	n.handon.Calls = n.others.Take
	return err
}

// announcements is how often a node announces itself during a lease, as cluster.Config does by
// default.
const announcements = 10

// secretEvery is the time between two looks for the secret in Redis.
const secretEvery = 2 * time.Second

// shareSecret puts the secret back into a Redis that was emptied, and takes the one that another
// node has put there before.
func (n *node) shareSecret() {
	look := time.NewTicker(secretEvery)
	defer look.Stop()
	for {
		select {
		case <-n.running.Done():
			return
		case <-look.C:
		}
		secret, err := n.redis.ShareSecret(n.running, *n.secret.Load())
		if err == nil && secret != *n.secret.Load() {
			n.secret.Store(&secret)
			n.others.SetSecret(secret)
		}
	}
}

// nodestore returns the configuration of the store.
func (c *Config) nodestore(n *node, log *slog.Logger) nodestore.Config {
	return nodestore.Config{
		Node: n.member, Shared: n.redis, Archive: n.archive, Local: n.local,
		ShardOf: n.redis.ShardOf, Redis: c.Cluster.Durability == "redis",
		OutboxBytes: int64(c.Cluster.OutboxBytes), MaxDocument: 4 * int(c.documentBytes()),
		Compression: c.Snapshots.algorithm, Log: log,
	}
}

// apply sets the configurations of the engine and the transport for one of several nodes.
func (n *node) apply(e *engine.Config, t *transport.Config) {
	e.Claims = n.Store.Claims(cluster.Claims{Node: n.member})
	t.Owners, t.Peers, t.Ready = n.member, n.handon, n.member.Ready
	t.Elsewhere, t.FirstConnection = n.others.Elsewhere(), firstConnection()
	t.BeforeDrain = n.beforeDrain
}

// firstConnection returns a random number that the ids of connections begin above, so that they
// differ among nodes. Programs that take numbers for floating point read ids exactly.
func firstConnection() uint64 { return rand.Uint64N(1<<20) << 32 }

// run begins to announce the node, to take leases, and to send what Redis lacks.
// It calls ended when another node has ended.
func (n *node) run(e *engine.Engine, s *transport.Server, ended func()) {
	n.engine = e
	n.Attach(e)
	n.others.Attach(peers.Parts{Node: n.member, Engine: e, Server: s, Unsent: n.UnsentBytes})
	n.ended.Go(func() { n.others.Run(n.running) })
	if n.shares {
		n.ended.Go(n.shareSecret)
	}
	n.ended.Go(func() { n.Run(n.running) })
	n.ended.Go(func() { n.member.Run(n.running) })
	n.ended.Go(func() { _ = s.ServePeers(n.running, n.peers) })
	n.ended.Go(func() { n.watchNodes(func(address string) { s.EndRelays(address); ended() }) })
}

// watchInterval is how often is looked which nodes there are.
const watchInterval = time.Second

// watchNodes calls gone with the addresses of nodes that are not there any more, until Close.
func (n *node) watchNodes(gone func(address string)) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for before := map[string]string{}; ; {
		select {
		case <-ticker.C:
		case <-n.running.Done():
			return
		}
		now := map[string]string{}
		for _, info := range n.member.Nodes() {
			now[info.Name] = info.Address
		}
		for name, address := range before {
			if _, live := now[name]; !live {
				gone(address)
			}
		}
		before = now
	}
}

// answer answers the calls of other nodes.
func (n *node) answer(s *admin.Server) { n.others.Answer(s.ForNodes()) }

// beforeDrain gives the rooms of this node to other nodes, one after the other, if there are any.
func (n *node) beforeDrain(ctx context.Context) {
	if len(n.member.Nodes()) < 2 {
		return
	}
	if err := n.engine.HandOverRooms(ctx); err != nil {
		n.log.Warn("not all rooms were given to other nodes; the shutdown stores what is left",
			slog.String("reason", err.Error()))
	}
}

// closePatience is how long Close waits for Redis to take what it lacks. The local store has it,
// and offers it when it is opened again.
const closePatience = 3 * time.Second

// Close ends the node when its engine has drained: what Redis lacks is sent, leases end, and both
// stores are closed.
func (n *node) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	if err := n.Flush(ctx); err != nil {
		n.log.Warn("not everything is in Redis; it is sent when the node starts again",
			slog.String("reason", err.Error()))
	}
	n.stop()
	n.ended.Wait()
	return errors.Join(n.closeLocal(), n.redis.Close())
}

// closeLocal closes what is of this machine.
func (n *node) closeLocal() error {
	if n.peers != nil {
		_ = n.peers.Close() // it may be closed already
	}
	return n.local.Close()
}

// onDisk implements ofNode.
func (n *node) onDisk() *bolt.Store { return n.local }

// SetRetention implements store.
func (n *node) SetRetention(keep persist.Retention) {
	n.local.SetRetention(keep)
	n.archive.SetRetention(keep)
}

// Retention returns which versions are kept.
func (n *node) Retention() persist.Retention { return n.local.Retention() }

// WriteMetrics implements metricset.Part.
func (n *node) WriteMetrics(w io.Writer) {
	n.Store.WriteMetrics(w)
	n.member.WriteMetrics(w)
	n.others.WriteMetrics(w)
	n.redis.WriteMetrics(w)
	n.local.WriteMetrics(w)
}
