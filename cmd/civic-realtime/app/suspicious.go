package app

import (
	"errors"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/transport/suspicious"
)

// suspiciousConfig has the numbers of events from which on a client is reported as suspicious.
type suspiciousConfig struct {
	Enabled   *yamlfile.Toggle `yaml:"enabled"`
	Conns     yamlfile.Count   `yaml:"connections"`
	SignIns   yamlfile.Count   `yaml:"failed_sign_ins"`
	Messages  yamlfile.Count   `yaml:"invalid_messages"`
	Records   yamlfile.Count   `yaml:"refused_records"`
	Addresses yamlfile.Count   `yaml:"token_addresses"`
}

// check returns what is wrong with the section.
func (c *suspiciousConfig) check() error {
	if max(c.Records, c.Addresses) > suspicious.MaxDistinct {
		return errors.New("suspicious: refused_records and token_addresses must not be above 100, as all are remembered")
	}
	return nil
}

// transport returns the configuration of the detector. In development mode it is off, as limits
// are.
func (c *suspiciousConfig) transport(dev bool) suspicious.Config {
	return suspicious.Config{
		Off:         dev || off(c.Enabled),
		Connections: int(c.Conns),
		SignIns:     int(c.SignIns),
		Messages:    int(c.Messages),
		Records:     int(c.Records),
		Addresses:   int(c.Addresses),
	}
}
