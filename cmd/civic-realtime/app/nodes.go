package app

import (
	"errors"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/settings"
)

// effective returns the values of all keys. Defaults that other packages know are those of the
// reference, which tests compare with them.
func (c *Config) effective() []settings.Value {
	return c.sources.Effective(c, settings.Reference())
}

// setsBelow reports whether a key with that prefix is set to something else than its default.
func (c *Config) setsBelow(prefix string) bool {
	return slices.ContainsFunc(c.effective(), func(v settings.Value) bool {
		isSet := v.Origin.From != settings.Default && (v.Secret || v.Text != v.Default)
		return isSet && strings.HasPrefix(v.Key, prefix)
	})
}

// checkCluster sets the defaults of the keys about several nodes, and returns what is wrong with
// them if there are several.
func (c *Config) checkCluster() error {
	c.Redis.complete()
	c.Cluster.complete()
	if !c.Redis.Enabled {
		return nil
	}
	err := errors.Join(c.Redis.read(), c.Cluster.read())
	if c.Durability == "off" {
		err = errors.Join(err, errors.New("durability: off is for a single node: what it has accepted would be nowhere when it ends; with redis.enabled use sync or async"))
	}
	return err
}

// clusterWarnings lists what is set and has no effect.
func (c *Config) clusterWarnings() (w []string) {
	if !bool(c.Redis.Enabled) && c.setsBelow("cluster.") {
		w = append(w, "cluster has no effect without redis.enabled")
	}
	return w
}

// clustered reports whether this server is one of several nodes.
func (c *Config) clustered() bool { return bool(c.Redis.Enabled) && c.enabled() }
