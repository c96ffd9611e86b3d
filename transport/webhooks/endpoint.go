package webhooks

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
)

// Endpoint is a receiver of events.
type Endpoint struct {
	// Name identifies the endpoint in the outbox, logs and metrics. Empty: host and path of URL.
	Name string
	// URL has the scheme http or https, and no user, password or fragment.
	URL string
	// Secrets sign the requests, each with a signature of its own. There must be one.
	Secrets []standardwebhooks.Secret
	// Events are the types that are sent. Empty: all, but those of users who join and leave.
	Events []string
	// Rooms are patterns of names of rooms, in which * stands for any text. Empty: all.
	Rooms []string
	// AllowPrivate allows addresses that are not public.
	AllowPrivate bool
}

// WithName returns the endpoint with its name set.
func (e Endpoint) WithName() Endpoint {
	if u, err := url.Parse(e.URL); e.Name == "" && err == nil {
		e.Name = strings.TrimSuffix(u.Host+path.Clean("/"+u.Path), "/")
	}
	return e
}

// maxName is the length of the longest name, in bytes.
const maxName = 200

// Check returns what is wrong with an endpoint. Its error never has the secret, nor the query of
// the address.
func (e Endpoint) Check() error {
	return errors.Join(
		e.checkURL(), e.checkName(), e.checkSecrets(), e.checkEvents(), e.checkRooms())
}

func (e *Endpoint) checkURL() error {
	u, err := url.Parse(e.URL)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return errors.New("url: is not an address such as https://example.org/hooks")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("url: must begin with https:// or http://")
	case u.User != nil:
		return errors.New("url: must have no user or password; requests are signed")
	case u.Fragment != "":
		return errors.New("url: must have no fragment (#)")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !e.AllowPrivate && !public(ip) {
		return fmt.Errorf("url: %s is not a public address; allow_private: true allows it", ip)
	}
	return nil
}

func (e *Endpoint) checkName() error {
	name := e.WithName().Name
	if len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return fmt.Errorf("name: must have at most %d bytes, and no control characters", maxName)
	}
	return nil
}

func (e *Endpoint) checkSecrets() error {
	if len(e.Secrets) == 0 {
		return errors.New("secret: is missing; without it receivers cannot know the sender")
	}
	return nil
}

func (e *Endpoint) checkEvents() (err error) {
	for _, kind := range e.Events {
		if !slices.Contains(Types(), kind) {
			known := strings.Join(Types(), ", ")
			err = errors.Join(err, fmt.Errorf("events: %q is none of %s", kind, known))
		}
	}
	return err
}

func (e *Endpoint) checkRooms() error {
	if slices.Contains(e.Rooms, "") {
		return errors.New("rooms: an empty pattern matches no room; * stands for all")
	}
	return nil
}

// wants reports whether the endpoint is sent events of a type about a room. Events about no room
// are sent to endpoints without patterns.
func (e *Endpoint) wants(kind, room string) bool {
	switch {
	case len(e.Events) == 0 && !byDefault(kind):
		return false
	case len(e.Events) > 0 && !slices.Contains(e.Events, kind):
		return false
	case len(e.Rooms) == 0:
		return true
	case room == "":
		return false
	}
	return slices.ContainsFunc(e.Rooms, func(pattern string) bool { return matches(pattern, room) })
}

// matches reports whether a name is of a pattern, in which * stands for any text.
func matches(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if last == 0 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1:last] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[last])
}
