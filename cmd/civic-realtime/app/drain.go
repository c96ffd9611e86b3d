package app

import (
	"cmp"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/transport"
)

// drainConfig is the section "drain" of the file: the shutdown.
type drainConfig struct {
	Wait    yamlfile.Duration `yaml:"wait"`
	Spread  *yamlfile.Delay   `yaml:"spread"`
	Timeout yamlfile.Duration `yaml:"timeout"`
}

// leastSaving is the least part of drain.timeout that must be left for storing what was written.
const leastSaving = 2 * time.Second

// check returns the errors of the section.
func (d *drainConfig) check() error {
	limit := cmp.Or(time.Duration(d.Timeout), transport.DefaultDrainTimeout+time.Duration(d.Wait))
	before := time.Duration(d.Wait)
	if d.Spread != nil {
		before += time.Duration(*d.Spread)
	}
	if least := before + leastSaving; limit < least {
		return fmt.Errorf("drain.timeout: %v is too short: it includes drain.wait and drain.spread, and 2s to store what was written; make it at least %v", limit, least)
	}
	return nil
}

// apply sets the shutdown in the configuration of the transport.
func (d *drainConfig) apply(t *transport.Config) {
	t.DrainWait, t.DrainTimeout = time.Duration(d.Wait), time.Duration(d.Timeout)
	if d.Spread != nil {
		t.DrainSpread = max(1, time.Duration(*d.Spread)) // zero stands for the default
	}
}
