package app

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestWebhooksAreChecked shows which endpoints the server does not start with, and that each error
// names its key, and neither the secret nor the query of an address.
func TestWebhooksAreChecked(t *testing.T) {
	const secret, url = "secret: " + webhookSecret, "url: 'https://a.example/hook?token=hidden'"
	file := write(t, "secret", "whsec_hidden")
	secretText := regexp.MustCompile(`whsec_\w|hidden`)
	for endpoints, want := range map[string]string{
		"{" + url + "}":                                                                       "webhooks[1].secret: is missing",
		"{" + secret + "}":                                                                    "webhooks[1].url: is not an address",
		"{url: 'ftp://a/', " + secret + "}":                                                   "webhooks[1].url: must begin with https:// or http://",
		"{url: 'https://u:hidden@a/', " + secret + "}":                                        "webhooks[1].url: must have no user",
		"{url: 'https://a/#hidden', " + secret + "}":                                          "webhooks[1].url: must have no fragment",
		"{url: 'a.example', " + secret + "}":                                                  "webhooks[1].url: is not an address",
		"{url: 'https://%zz', " + secret + "}":                                                "webhooks[1].url: is not an address",
		"{url: 'http://10.0.0.1/', " + secret + "}":                                           "10.0.0.1 is not a public address",
		"{url: 'http://[::ffff:127.0.0.1]/', " + secret + "}":                                 "is not a public address",
		"{" + url + ", secret: hidden}":                                                       "webhooks[1].secret: ",
		"{" + url + ", secret: whsec_aGlkZGVu}":                                               "webhooks[1].secret: ",
		"{" + url + ", secret_file: '" + file + "'}":                                          "webhooks[1].secret: ",
		"{" + url + ", secret_file: '" + filepath.Join(t.TempDir(), "none") + "'}":            "webhooks[1].secret_file: ",
		"{" + url + ", secret_file: '" + file + "', " + secret + "}":                          "webhooks[1]: secret and secret_file are both set",
		"{" + url + ", " + secret + ", events: [document.created, document.opened]}":          `webhooks[1].events: "document.opened" is none of document.created, `,
		"{" + url + ", " + secret + ", rooms: ['notes/*', '']}":                               "webhooks[1].rooms: an empty pattern",
		"{" + url + ", " + secret + ", name: '" + strings.Repeat("n", 201) + "'}":             "webhooks[1].name: must have at most 200 bytes",
		"{" + url + ", " + secret + `, name: "a\nb"}`:                                         "webhooks[1].name: must have at most 200 bytes, and no control",
		"{" + url + ", " + secret + ", room: 'notes/*'}":                                      `unknown key "room"`,
		"{" + url + ", " + secret + ", allow_private: maybe}":                                 "webhooks[1].allow_private",
		"{" + url + ", " + secret + "}, {" + url + ", " + secret + "}":                        `webhooks[2]: has the name "a.example/hook", as webhooks[1] has`,
		"{" + url + ", name: x, " + secret + "}, {url: 'https://b', name: x, " + secret + "}": `webhooks[2]: has the name "x"`,
		"hidden": "webhooks[1]",
	} {
		_, err := parse(t, "realtime: {webhooks: ["+endpoints+"]}")
		if err == nil || !strings.Contains(err.Error(), want) || secretText.MatchString(err.Error()) {
			t.Errorf("%s: %v, want %q", endpoints, err, want)
		}
	}
	if _, err := parse(t, "realtime: {webhook_delivery: {timeout: 61s}}"); err == nil || !strings.Contains(err.Error(), "webhook_delivery.timeout: must not be above 1m0s") {
		t.Error(err)
	}
}

// TestWebhooksAreRead shows what endpoints a configuration has, and that several errors are found
// at once.
func TestWebhooksAreRead(t *testing.T) {
	c, err := parse(t, "realtime:\n  webhooks:\n    - {url: 'https://a.example/hook/', secret: '"+webhookSecret+" "+webhookSecret+"', events: [version.created], rooms: ['notes/*']}\n    - {url: 'http://10.0.0.1/', allow_private: true, name: inner, secret_file: '"+write(t, "secret", webhookSecret+"\n")+"'}\n")
	if err != nil || len(c.endpoints) != 2 {
		t.Fatal(c.endpoints, err)
	}
	first, second := c.endpoints[0], c.endpoints[1]
	if first.Name != "a.example/hook" || len(first.Secrets) != 2 || len(first.Events) != 1 || len(first.Rooms) != 1 || first.AllowPrivate {
		t.Errorf("%+v", first)
	}
	if second.Name != "inner" || len(second.Secrets) != 1 || !second.AllowPrivate {
		t.Errorf("%+v", second)
	}
	_, err = parse(t, "realtime: {webhooks: [{url: x}, {url: y}]}")
	if err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("%v, want four errors", err)
	}
}
