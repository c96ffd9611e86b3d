package app

import (
	"context"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/doctor"
	"github.com/civicpress/civic-realtime/transport/webhooks"
)

// examineWebhooks makes doctor connect to the receivers of events.
func (c *Config) examineWebhooks(s *doctor.Subject) {
	for _, w := range c.Webhooks {
		if w.SecretFile != "" {
			s.Files = append(s.Files, w.SecretFile)
		}
	}
	for _, e := range c.endpoints {
		if e.Check() != nil {
			continue // it is one of the errors
		}
		s.Webhooks = append(s.Webhooks, doctor.Webhook{
			Name: e.Name, Encrypted: e.Encrypted(), Private: e.AllowPrivate,
			Probe: func(ctx context.Context) error { return webhooks.Probe(ctx, e) },
		})
	}
}
