package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/transport/webhooks"
)

// webhookList is the key "webhooks" of the file.
type webhookList = yamlfile.List[webhookConfig]

// webhookConfig is a receiver of events.
type webhookConfig struct {
	Name         string          `yaml:"name" json:"name,omitempty"` // empty: host and path of URL
	URL          string          `yaml:"url" json:"url,omitempty"`
	Secret       string          `yaml:"secret" json:"secret,omitempty"` // several with spaces between
	SecretFile   string          `yaml:"secret_file" json:"secret_file,omitempty"`
	Events       []string        `yaml:"events" json:"events,omitempty"`
	Rooms        []string        `yaml:"rooms" json:"rooms,omitempty"`
	AllowPrivate yamlfile.Toggle `yaml:"allow_private" json:"allow_private,omitempty"`
}

// deliveryConfig is the section "webhook_delivery" of the file.
type deliveryConfig struct {
	Debounce    yamlfile.Duration `yaml:"debounce"`
	MaxDebounce yamlfile.Duration `yaml:"max_debounce"`
	Timeout     yamlfile.Duration `yaml:"timeout"`
	Concurrent  yamlfile.Count    `yaml:"concurrent"`
	PerEndpoint yamlfile.Count    `yaml:"concurrent_per_endpoint"`
	OutboxBytes yamlfile.Count    `yaml:"outbox_bytes"`
}

// endpoint returns the endpoint that the section with a key describes.
func (w webhookConfig) endpoint(key string) (e webhooks.Endpoint, err error) {
	err = readSecret(key, "secret", &w.Secret, w.SecretFile)
	e = webhooks.Endpoint{
		Name: w.Name, URL: w.URL, Events: w.Events, Rooms: w.Rooms,
		AllowPrivate: bool(w.AllowPrivate),
	}.WithName()
	for text := range strings.FieldsSeq(w.Secret) {
		secret, wrong := standardwebhooks.ParseSecret(text)
		if wrong != nil {
			return e, errors.Join(err, fmt.Errorf("%s.secret: %w", key, wrong))
		}
		e.Secrets = append(e.Secrets, secret)
	}
	if err != nil {
		return e, err // the secret is missing for that reason
	}
	if wrong := e.Check(); wrong != nil {
		for line := range strings.SplitSeq(wrong.Error(), "\n") {
			err = errors.Join(err, fmt.Errorf("%s.%s", key, line))
		}
	}
	return e, err
}
