package app

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist/hooks"
)

// hooksConfig has the URLs of hooks, and the options of their client. A hook without a URL is not
// called.
type hooksConfig struct {
	Authorize string `yaml:"authorize"`
	Load      string `yaml:"load"`
	Store     string `yaml:"store"`

	Secret       string `yaml:"secret" secret:"true"`
	SecretFile   string `yaml:"secret_file"` // read into Secret
	Previous     string `yaml:"previous_secret" secret:"true"`
	PreviousFile string `yaml:"previous_secret_file"` // read into Previous

	Format      string            `yaml:"format"`
	Debounce    yamlfile.Duration `yaml:"debounce"`
	MaxDebounce yamlfile.Duration `yaml:"max_debounce"`
	MaxBytes    yamlfile.Count    `yaml:"max_bytes"`
	Cache       yamlfile.Duration `yaml:"cache"` // default: auth.recheck
	callsConfig

	secrets []standardwebhooks.Secret // the first one signs
}

// set reports whether there is a hook.
func (h *hooksConfig) set() bool { return h.Authorize != "" || h.hasDocuments() }

// hasDocuments reports whether documents are loaded or stored with hooks.
func (h *hooksConfig) hasDocuments() bool { return h.Load != "" || h.Store != "" }

// The defaults of hooks.debounce and hooks.max_debounce.
const (
	defaultDebounce    = 2 * time.Second
	defaultMaxDebounce = 10 * time.Second
)

// read reads the files, and checks the other keys. recheck is auth.recheck; zero stands for its
// default.
func (h *hooksConfig) read(recheck time.Duration) error {
	if !h.set() {
		return nil
	}
	h.Cache = cmp.Or(h.Cache, yamlfile.Duration(cmp.Or(recheck, defaultRecheck)))
	h.Format = cmp.Or(h.Format, string(hooks.Markdown))
	h.Debounce = cmp.Or(h.Debounce, yamlfile.Duration(defaultDebounce))
	h.MaxDebounce = cmp.Or(h.MaxDebounce, max(h.Debounce, yamlfile.Duration(defaultMaxDebounce)))
	err := errors.Join(h.readSecrets(), h.checkTimes(), checkWord("hooks.format", h.Format,
		[]string{string(hooks.Markdown), string(hooks.JSON), string(hooks.Yjs)}))
	if h.Load != "" && h.Store == "" {
		err = errors.Join(err, errors.New("hooks.store: is missing; edits of a document of hooks.load have to be stored somewhere"))
	}
	if len(h.secrets) == 0 {
		return err // it has the reason
	}
	if _, bad := hooks.New(h.client()); bad != nil {
		err = errors.Join(err, fmt.Errorf("hooks: %w", bad))
	}
	return err
}

func (h *hooksConfig) checkTimes() (err error) {
	if h.MaxDebounce < h.Debounce {
		err = errors.New("hooks.max_debounce: must not be below hooks.debounce")
	}
	return errors.Join(err, h.check("hooks"))
}

func (h *hooksConfig) readSecrets() error {
	err := errors.Join(
		readSecret("hooks", "secret", &h.Secret, h.SecretFile),
		readSecret("hooks", "previous_secret", &h.Previous, h.PreviousFile))
	if err != nil {
		return err
	}
	if h.Secret == "" {
		return errors.New("hooks.secret: is missing; it signs the calls: whsec_ and the base64 of 24 to 64 random bytes (openssl rand -base64 32)")
	}
	h.secrets = nil
	for _, s := range []struct{ key, text string }{
		{"secret", h.Secret}, {"previous_secret", h.Previous},
	} {
		if s.text == "" {
			continue
		}
		secret, err := standardwebhooks.ParseSecret(s.text)
		if err != nil {
			return fmt.Errorf("hooks.%s: %w", s.key, err)
		}
		h.secrets = append(h.secrets, secret)
	}
	return nil
}

func (h *hooksConfig) client() hooks.Config {
	options := h.options(h.Cache)
	options.MaxBody = int(h.MaxBytes)
	return hooks.Config{
		Authorize: h.Authorize, Load: h.Load, Store: h.Store, Secrets: h.secrets, Options: options,
	}
}

// apply makes the engine store documents as the keys say.
func (h *hooksConfig) apply(e *engine.Config) {
	if !h.hasDocuments() {
		return
	}
	e.NoRecordSnapshots = true
	e.Drafts.Quiet, e.Drafts.Interval = time.Duration(h.Debounce), time.Duration(h.MaxDebounce)
	e.Drafts.MinInterval = cmp.Or(e.Drafts.MinInterval, e.Drafts.Quiet)
	if h.Load == "" {
		e.RecordPoll, e.SnapshotKeep = -1, -1 // nothing can be loaded again
	}
}

// warnings lists the hooks that are called over a network without encryption.
func (h *hooksConfig) warnings(dev bool) (w []string) {
	for _, hook := range []struct{ name, address, sends string }{
		{"authorize", h.Authorize, "tokens"},
		{"load", h.Load, "documents"},
		{"store", h.Store, "documents"},
	} {
		u, err := url.Parse(hook.address)
		if err == nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
			w = append(w, fmt.Sprintf("hooks.%s is http: its calls are signed, but others on the network can read the %s", hook.name, hook.sends))
		}
	}
	if dev && h.Authorize != "" {
		w = append(w, "hooks.authorize has no effect: in development mode everybody is let in")
	}
	return w
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
