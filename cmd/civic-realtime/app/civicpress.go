package app

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/persist/civicpress"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// civicpressConfig has the address of CivicPress' API and the options of its client. Without a URL
// the API is not asked.
type civicpressConfig struct {
	URL        string `yaml:"url"`
	Secret     string `yaml:"secret" secret:"true"`
	SecretFile string `yaml:"secret_file"` // read into Secret
	Token      string `yaml:"token" secret:"true"`
	TokenFile  string `yaml:"token_file"` // read into Token

	callsConfig
	PositiveTTL yamlfile.Duration `yaml:"positive_ttl"` // default: auth.recheck
}

// callsConfig has the options of calls of CivicPress and of hooks.
type callsConfig struct {
	Timeout         yamlfile.Duration `yaml:"timeout"`
	Attempts        yamlfile.Count    `yaml:"attempts"`
	Concurrency     yamlfile.Count    `yaml:"concurrency"`
	NegativeTTL     yamlfile.Duration `yaml:"negative_ttl"`
	NegativeMax     yamlfile.Duration `yaml:"negative_max"`
	MaxStale        yamlfile.Duration `yaml:"max_stale"`
	RefreshPause    yamlfile.Duration `yaml:"refresh_pause"`
	Sessions        yamlfile.Count    `yaml:"sessions"`
	BreakerFailures yamlfile.Count    `yaml:"breaker_failures"`
	BreakerPause    yamlfile.Duration `yaml:"breaker_pause"`
}

// check returns an error about the keys of a section.
func (c *callsConfig) check(section string) error {
	least := cmp.Or(c.NegativeTTL, yamlfile.Duration(10*time.Second))
	if c.NegativeMax != 0 && c.NegativeMax < least {
		return fmt.Errorf("%[1]s.negative_max: must not be below %[1]s.negative_ttl", section)
	}
	return nil
}

// options returns the options for a client. positive is its own key.
func (c *callsConfig) options(positive yamlfile.Duration) httpcall.Options {
	return httpcall.Options{
		Timeout:         time.Duration(c.Timeout),
		Attempts:        int(c.Attempts),
		Concurrency:     int(c.Concurrency),
		PositiveTTL:     time.Duration(positive),
		NegativeTTL:     time.Duration(c.NegativeTTL),
		NegativeMax:     time.Duration(c.NegativeMax),
		MaxStale:        time.Duration(c.MaxStale),
		RefreshPause:    time.Duration(c.RefreshPause),
		Sessions:        int(c.Sessions),
		BreakerFailures: int(c.BreakerFailures),
		BreakerPause:    time.Duration(c.BreakerPause),
	}
}

// defaultRecheck is the default of transport.Config.Recheck.
const defaultRecheck = 45 * time.Second

// read reads the files, and checks the other keys. recheck is auth.recheck; zero stands for its
// default.
func (c *civicpressConfig) read(recheck time.Duration) error {
	if c.URL == "" {
		return nil
	}
	err := errors.Join(
		readSecret("civicpress", "secret", &c.Secret, c.SecretFile),
		readSecret("civicpress", "token", &c.Token, c.TokenFile))
	recheck = cmp.Or(recheck, defaultRecheck)
	if time.Duration(c.PositiveTTL) > recheck {
		err = errors.Join(err, errors.New("civicpress.positive_ttl: must not be above auth.recheck, which would then find nothing new"))
	}
	c.PositiveTTL = cmp.Or(c.PositiveTTL, yamlfile.Duration(recheck))
	err = errors.Join(err, c.check("civicpress"))
	if _, bad := civicpress.New(c.client()); bad != nil {
		err = errors.Join(err, fmt.Errorf("civicpress: %w", bad))
	}
	return err
}

func (c *civicpressConfig) client() civicpress.Config {
	return civicpress.Config{
		URL: c.URL, Secret: c.Secret, Token: c.Token, Options: c.options(c.PositiveTTL),
	}
}
