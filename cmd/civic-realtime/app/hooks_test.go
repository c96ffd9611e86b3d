package app

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist/hooks"
	"github.com/civicpress/civic-realtime/persist/hooks/standin"
)

const hookSecret = ", secret: " + standin.DefaultSecret

// testHooks returns a client of the hooks of a receiver.
func testHooks(t *testing.T, url string) *hooks.Client {
	t.Helper()
	c, err := parse(t, "realtime: {hooks: {authorize: '"+url+"/authorize'"+hookSecret+"}}")
	if err != nil {
		t.Fatal(err)
	}
	client, err := hooks.New(c.Hooks.client())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestHooksAreConfiguredTogether shows which keys contradict each other or are missing, and that
// the error names the key.
func TestHooksAreConfiguredTogether(t *testing.T) {
	const authorize, both = "authorize: 'http://h/a'", "load: 'http://h/l', store: 'http://h/s'"
	for keys, want := range map[string]string{
		"hooks: {" + authorize + hookSecret + "}":                                           "",
		"hooks: {" + both + hookSecret + "}":                                                "",
		"hooks: {store: 'http://h/s'" + hookSecret + "}":                                    "",
		"hooks: {" + authorize + ", " + both + hookSecret + ", format: yjs}":                "",
		"hooks: {" + both + hookSecret + "}, auth: {jwt: {secret: " + manyBytes + "}}":      "",
		"hooks: {" + both + hookSecret + ", debounce: 1m}":                                  "",
		"hooks: {load: 'http://h/l'" + hookSecret + "}":                                     "hooks.store: is missing",
		"hooks: {" + authorize + "}":                                                        "hooks.secret: is missing",
		"hooks: {" + authorize + ", secret: short}":                                         "hooks.secret: the secret does not begin with",
		"hooks: {" + authorize + hookSecret + ", previous_secret: whsec_eA==}":              "hooks.previous_secret: the secret has 1 bytes",
		"hooks: {" + authorize + hookSecret + ", secret_file: f}":                           "secret and secret_file are both set",
		"hooks: {authorize: 'h/a'" + hookSecret + "}":                                       "authorize: the URL is not http",
		"hooks: {" + both + hookSecret + ", format: html}":                                  "hooks.format",
		"hooks: {" + both + hookSecret + ", debounce: 10s, max_debounce: 1s}":               "hooks.max_debounce",
		"hooks: {" + authorize + hookSecret + ", negative_max: 1s}":                         "hooks.negative_max",
		"hooks: {format: yjs}":                                                              "hooks: none of authorize, load and store is set",
		"hooks: {" + authorize + hookSecret + "}, civicpress: {url: 'http://c'}":            "hooks.authorize: civicpress.url or auth.jwt",
		"hooks: {" + authorize + hookSecret + "}, auth: {jwt: {secret: " + manyBytes + "}}": "hooks.authorize: civicpress.url or auth.jwt",
		"hooks: {" + both + hookSecret + "}, civicpress: {url: 'http://c'}":                 "hooks.load, hooks.store: civicpress.url",
		"hooks: {" + both + hookSecret + "}, drafts: {quiet: 1s}":                           "drafts.quiet, drafts.interval: are hooks.debounce",
	} {
		_, err := parse(t, "realtime: {"+keys+"}")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", keys, err, want)
		}
		if err != nil && strings.Contains(err.Error(), standin.DefaultSecret[6:]) {
			t.Errorf("the error contains the secret: %v", err)
		}
	}
}

const manyBytes = "0123456789abcdef0123456789abcdef"

// TestHooksSufficeForTokens shows that a server can run with hooks.authorize alone, not with
// hooks.store alone, and that a network without encryption is warned of.
func TestHooksSufficeForTokens(t *testing.T) {
	for keys, want := range map[string]struct {
		runs     bool
		warnings int
	}{
		"authorize: 'http://h/a'":         {true, 1},
		"authorize: 'https://h/a'":        {true, 0},
		"authorize: 'http://127.0.0.1/a'": {true, 0},
		"store: 'https://h/s'":            {false, 0},
	} {
		c, err := parse(t, "realtime: {hooks: {"+keys+hookSecret+"}}")
		if err != nil {
			t.Fatal(err)
		}
		warnings := slices.DeleteFunc(c.Warnings(), func(w string) bool { return !strings.Contains(w, "hooks.") })
		if err = c.CheckServer(); (err == nil) != want.runs || len(warnings) != want.warnings {
			t.Errorf("%s: %v, %q", keys, err, warnings)
		}
	}
}

// TestDocumentedHookDefaults shows that a file with the documented defaults of hooks has the same
// effect as one without.
func TestDocumentedHookDefaults(t *testing.T) {
	base := map[string]string{"load": "http://h/l", "store": "http://h/s", "secret": standin.DefaultSecret}
	effect := func(keys map[string]string) (hooks.Config, engine.Config, string) {
		var list []string
		for key, value := range keys {
			list = append(list, key+": '"+value+"'")
		}
		c, err := parse(t, "realtime: {hooks: {"+strings.Join(list, ", ")+"}}")
		if err != nil {
			t.Fatal(err)
		}
		client, err := hooks.New(c.Hooks.client())
		if err != nil {
			t.Fatal(err)
		}
		return client.Config(), engineConfig(c), c.Hooks.Format
	}
	client, e, format := effect(base)
	found := 0
	with := maps.Clone(base)
	for key, value := range documentedDefaults(t) {
		if name, ok := strings.CutPrefix(key, "hooks."); ok {
			with[name] = value
			found++
		}
	}
	otherClient, otherEngine, otherFormat := effect(with)
	if found < 12 || !reflect.DeepEqual(client, otherClient) || e.Drafts != otherEngine.Drafts || format != otherFormat {
		t.Errorf("%d defaults: %+v %+v %s; %+v %+v %s", found, reflect.ValueOf(client), e.Drafts, format, reflect.ValueOf(otherClient), otherEngine.Drafts, otherFormat)
	}
	if e.Drafts.Quiet != 2*time.Second || e.Drafts.Interval != 10*time.Second || e.Drafts.MinInterval != 2*time.Second || !e.NoRecordSnapshots {
		t.Errorf("%+v", e.Drafts)
	}
}
