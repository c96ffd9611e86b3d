package redis

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"github.com/civicpress/civic-realtime/persist/directconn"
)

// Config has the options of a Client.
type Config struct {
	// URL is redis://[user:password@]host[:port][/database], or rediss:// for TLS, or unix:///path.
	// ?addr=host:port, which may be repeated, names further servers of a Redis Cluster, or further
	// sentinels; ?master_set=name makes all of them sentinels.
	URL string
	// Prefix begins all keys. Default "civic".
	Prefix string
	// Username and Password take the place of those in URL. They are not for sentinels.
	Username, Password string
	// SentinelMaster is the name of the master. If it is set, URL names sentinels.
	SentinelMaster string
	// SentinelPassword is the password of sentinels. Default: none.
	SentinelPassword string
	// TLS is for servers and sentinels, if URL begins with rediss://. Default: the system's
	// authorities.
	TLS *tls.Config
	// Timeout is how long a call may take, beside the time for large blobs. Default 1 s.
	Timeout time.Duration
	// Replicas is how many replicas must have a row before Append returns. Default 0: none.
	Replicas int
	// Tombstone is how long is known that an incarnation of a room was dropped: longer than a node
	// may be away. Default 90 days.
	Tombstone time.Duration
}

// buffer is the size of the buffers of a connection, in bytes. What is longer goes past them.
const buffer = 16 << 10

// options returns the options of the library. It retries nothing, as it cannot know what a call
// that failed has done, and keeps no cache.
func (c Config) options() (o rueidis.ClientOption, err error) {
	if o, err = rueidis.ParseURL(c.URL); err != nil {
		return o, errors.New("the URL of Redis is malformed") // the error has the password
	}
	o.Username, o.Password = cmp.Or(c.Username, o.Username), cmp.Or(c.Password, o.Password)
	if c.SentinelMaster != "" {
		o.Sentinel.MasterSet = c.SentinelMaster
	}
	if o.TLSConfig != nil {
		// Each server is known by its own name: there may be others than those of the URL.
		o.TLSConfig.ServerName = ""
		if c.TLS != nil {
			o.TLSConfig = c.TLS.Clone()
		}
	}
	o.Sentinel.TLSConfig, o.Sentinel.Dialer = o.TLSConfig, o.Dialer
	o.Sentinel.Password = c.SentinelPassword
	if o.DialCtxFn == nil { // it is set for unix://
		o.DialCtxFn = directconn.Dial
	}
	o.DisableCache, o.DisableRetry = true, true
	o.ReadBufferEachConn, o.WriteBufferEachConn = buffer, buffer
	o.RingScaleEachConn = 8
	o.PipelineMultiplex = 1
	o.BlockingPoolSize = 8
	o.ClientSetInfo = rueidis.DisableClientSetInfo
	o.Dialer.Timeout = cmp.Or(o.Dialer.Timeout, 2*c.Timeout)
	o.Dialer.KeepAlive = time.Second
	o.ConnWriteTimeout = 5 * c.Timeout
	return o, nil
}

// withDefaults checks a configuration.
func (c Config) withDefaults() (Config, error) {
	c.Prefix = cmp.Or(c.Prefix, "civic")
	for _, r := range c.Prefix {
		if r <= ' ' || r == '{' || r == '}' || r > '~' {
			return c, fmt.Errorf("the prefix of keys has a %q", r)
		}
	}
	c.Timeout = cmp.Or(c.Timeout, time.Second)
	c.Tombstone = cmp.Or(c.Tombstone, 90*24*time.Hour)
	return c, nil
}
