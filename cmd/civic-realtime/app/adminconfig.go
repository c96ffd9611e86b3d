package app

import (
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/settings"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// configForAdmin returns the configuration that is in effect, and which keys have other values in
// its sources by now. It has no secret.
func (s *Server) configForAdmin() api.Configuration {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	c := &s.config
	pending, err := c.pending()
	all := api.Configuration{
		File: c.sources.File, Dev: c.dev, Invalid: err != nil, Keys: []api.ConfigKey{},
	}
	for _, v := range c.effective() {
		key := api.ConfigKey{
			Key: v.Key, Section: v.Section, Value: v.Typed(), Set: v.Secret,
			Source: v.Origin.From.String(), From: v.Origin.Name, Line: v.Origin.Line,
			Default: v.TypedDefault(), DefaultNote: v.DefaultNote(), Unit: v.Unit,
			Secret: v.Hidden, Restart: !v.Reload, Help: v.Help(),
		}
		switch {
		case pending[v.Key] && key.Restart:
			key.Pending = "restart"
		case pending[v.Key]:
			key.Pending = "reload"
		}
		all.Keys = append(all.Keys, key)
	}
	return all
}

// pending returns the keys that have other values when the sources of c are read again. Its error
// is that of reading them.
func (c *Config) pending() (keys map[string]bool, err error) {
	read := c.again()
	was, is := texts(c.read), texts(&read)
	keys = map[string]bool{}
	for _, v := range read.sources.Effective(&read, settings.Reference()) {
		keys[v.Key] = was[v.Key] != is[v.Key]
	}
	_, err = read.finished()
	return keys, err
}
