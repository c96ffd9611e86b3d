package app

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/webhooks"
)

// defaultAnnounceDelay is how long nobody must have changed a document before that is announced.
const defaultAnnounceDelay = 5 * time.Second

// longestTimeout is that of deliveryConfig.Timeout.
const longestTimeout = time.Minute

// readWebhooks reads the endpoints with their secrets, and returns what is wrong.
func (c *Config) readWebhooks() (err error) {
	c.endpoints = nil
	names := map[string]int{}
	for i, w := range c.Webhooks {
		key := fmt.Sprintf("webhooks[%d]", i+1)
		e, wrong := w.endpoint(key)
		err = errors.Join(err, wrong)
		if first, taken := names[e.Name]; taken {
			err = errors.Join(err, fmt.Errorf(
				"%s: has the name %q, as webhooks[%d] has: give one of them another name",
				key, e.Name, first))
		}
		names[e.Name] = i + 1
		c.endpoints = append(c.endpoints, e)
	}
	if time.Duration(c.Delivery.Timeout) > longestTimeout {
		err = errors.Join(err, fmt.Errorf("webhook_delivery.timeout: must not be above %v", longestTimeout))
	}
	return err
}

// sameWebhookSecrets reports whether the endpoints, which are the same otherwise, have the secrets
// that they have in next.
func (c *Config) sameWebhookSecrets(next *Config) bool {
	return slices.EqualFunc(c.endpoints, next.endpoints, func(was, is webhooks.Endpoint) bool {
		return slices.Equal(was.Secrets, is.Secrets)
	})
}

// announce makes an engine announce what becomes of documents, if there are webhooks.
func (c *Config) announce(e *engine.Config) {
	if len(c.endpoints) > 0 {
		debounce := cmp.Or(c.Delivery.Debounce, yamlfile.Duration(defaultAnnounceDelay))
		e.AnnounceAfter = time.Duration(debounce)
		e.AnnounceWithin = time.Duration(c.Delivery.MaxDebounce)
	}
}

// webhooks returns the settings of webhooks.
func (c *Config) webhooks() webhooks.Settings {
	set := webhooks.Settings{
		Timeout: time.Duration(c.Delivery.Timeout), OutboxBytes: int64(c.Delivery.OutboxBytes),
		Concurrent: int(c.Delivery.Concurrent), PerEndpoint: int(c.Delivery.PerEndpoint),
	}
	if c.enabled() {
		set.Endpoints = c.endpoints
	}
	return set
}
