package app

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// civicpressConfig says where CivicPress' API is, and how hard it is tried. Without a
// URL it is not asked.
type civicpressConfig struct {
	URL        string `yaml:"url"`
	Secret     string `yaml:"secret"`
	SecretFile string `yaml:"secret_file"` // read into Secret
	Token      string `yaml:"token"`
	TokenFile  string `yaml:"token_file"` // read into Token

	Timeout         Duration `yaml:"timeout"`
	Attempts        count    `yaml:"attempts"`
	Concurrency     count    `yaml:"concurrency"`
	PositiveTTL     Duration `yaml:"positive_ttl"` // by default, what auth.recheck is
	NegativeTTL     Duration `yaml:"negative_ttl"`
	NegativeMax     Duration `yaml:"negative_max"`
	MaxStale        Duration `yaml:"max_stale"`
	RefreshPause    Duration `yaml:"refresh_pause"`
	Sessions        count    `yaml:"sessions"`
	BreakerFailures count    `yaml:"breaker_failures"`
	BreakerPause    Duration `yaml:"breaker_pause"`
}

// defaultRecheck is transport.Config's.
const defaultRecheck = 45 * time.Second

// read reads the files and says what is wrong. The zero recheck is the default one.
func (c *civicpressConfig) read(recheck time.Duration) error {
	if c.URL == "" {
		if *c != (civicpressConfig{}) {
			return errors.New("civicpress.url: is missing, and without it nothing else below civicpress has an effect")
		}
		return nil
	}
	err := errors.Join(readSecret("civicpress", "secret", &c.Secret, c.SecretFile), readSecret("civicpress", "token", &c.Token, c.TokenFile))
	recheck = cmp.Or(recheck, defaultRecheck)
	if time.Duration(c.PositiveTTL) > recheck {
		err = errors.Join(err, errors.New("civicpress.positive_ttl: must not be above auth.recheck, which would then find nothing new"))
	}
	c.PositiveTTL = cmp.Or(c.PositiveTTL, Duration(recheck))
	if c.NegativeMax != 0 && c.NegativeMax < cmp.Or(c.NegativeTTL, Duration(10*time.Second)) {
		err = errors.Join(err, errors.New("civicpress.negative_max: must not be below civicpress.negative_ttl"))
	}
	if _, bad := civicpress.New(c.client()); bad != nil {
		err = errors.Join(err, fmt.Errorf("civicpress: %w", bad))
	}
	return err
}

func (c *civicpressConfig) client() civicpress.Config {
	return civicpress.Config{
		URL:             c.URL,
		Secret:          c.Secret,
		Token:           c.Token,
		Timeout:         time.Duration(c.Timeout),
		Attempts:        int(c.Attempts),
		Concurrency:     int(c.Concurrency),
		PositiveTTL:     time.Duration(c.PositiveTTL),
		NegativeTTL:     time.Duration(c.NegativeTTL),
		NegativeMax:     time.Duration(c.NegativeMax),
		MaxStale:        time.Duration(c.MaxStale),
		RefreshPause:    time.Duration(c.RefreshPause),
		Sessions:        int(c.Sessions),
		BreakerFailures: int(c.BreakerFailures),
		BreakerPause:    time.Duration(c.BreakerPause),
	}
}

// openCivicPress returns nil where CivicPress is not to be asked.
func openCivicPress(c Config, log *slog.Logger) (*authority, error) {
	if c.dev || !c.enabled() || c.CivicPress.URL == "" {
		return nil, nil
	}
	client, err := civicpress.New(c.CivicPress.client())
	if err != nil {
		return nil, err
	}
	a := &authority{client: client, own: c.CivicPress.Token, log: log, hides: c.Auth.Viewers == "published"}
	if c.Auth.JWT.hasKeys() {
		a.jwt = auth.NewJWT(c.Auth.JWT.transport())
	}
	return a, nil
}
