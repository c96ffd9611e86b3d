package app

import (
	"cmp"
	"errors"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/hookports"
	"github.com/civicpress/civic-realtime/persist/hooks"
)

// checkHooks returns what contradicts hooks.
func (c *Config) checkHooks() (err error) {
	add := func(text string) { err = errors.Join(err, errors.New(text)) }
	h := &c.Hooks
	if !h.set() {
		if c.setsBelow("hooks.") {
			add("hooks: none of authorize, load and store is set, and without them nothing else below hooks has an effect")
		}
		return err
	}
	if h.Authorize != "" && (c.CivicPress.URL != "" || c.Auth.JWT.hasKeys()) {
		add("hooks.authorize: civicpress.url or auth.jwt is set as well; one of them decides about tokens: keep one")
	}
	if h.hasDocuments() && c.CivicPress.URL != "" {
		add("hooks.load, hooks.store: civicpress.url is set as well; documents are in one place: keep one")
	}
	if h.Store != "" && (c.Drafts.Quiet != 0 || c.Drafts.Interval != 0) {
		add("drafts.quiet, drafts.interval: are hooks.debounce and hooks.max_debounce with hooks.store")
	}
	return err
}

// hookParts are the client of hooks and what uses it.
type hookParts struct {
	client    *hooks.Client
	authority *hookports.Authority // nil: tokens are checked by others
	records   *hookports.Records   // nil: documents are only here
}

// hasRecords reports whether documents are stored with hooks.
func (h *hookParts) hasRecords() bool { return h != nil && h.records != nil }

// openHooks returns the parts that call hooks, nil if there are no hooks.
func openHooks(c *Config, log *slog.Logger) (*hookParts, error) {
	if !c.enabled() || !c.Hooks.set() {
		return nil, nil
	}
	client, err := hooks.New(c.Hooks.client())
	if err != nil {
		return nil, err
	}
	h := &hookParts{client: client}
	if c.Hooks.Authorize != "" && !c.dev {
		h.authority = hookports.NewAuthority(h.client, c.recheck(), log)
	}
	if c.Hooks.hasDocuments() {
		h.records = hookports.NewRecords(h.client, hooks.Format(c.Hooks.Format), c.Documents.schema)
	}
	return h, nil
}

// reconfigure gives the parts another configuration.
func (h *hookParts) reconfigure(c *Config) error {
	if h == nil {
		return nil
	}
	if err := h.client.Reconfigure(c.Hooks.client()); err != nil {
		return err
	}
	if h.authority != nil {
		h.authority.SetRecheck(c.recheck())
	}
	return nil
}

// recheck returns auth.recheck.
func (c *Config) recheck() time.Duration {
	return cmp.Or(time.Duration(c.Auth.Recheck), defaultRecheck)
}
