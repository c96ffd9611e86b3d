package app

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/docname"
)

// readLists reads lists: the origins, the proxies, and those of Hocuspocus.
func (c *Config) readLists() error {
	var badOrigins, badProxies error
	c.origins, badOrigins = readList("allowed_origins", c.AllowedOrigins, auth.ParseOrigin)
	c.proxies, badProxies = readList("trusted_proxies", c.TrustedProxies, parseProxy)
	return errors.Join(badOrigins, badProxies, c.Hocuspocus.readLists())
}

// readList parses each text. Its error lists all that are not valid.
func readList[T any](key string, texts []string, parse func(string) (T, error)) (
	list []T, err error,
) {
	for _, text := range texts {
		v, bad := parse(text)
		if bad != nil {
			err = errors.Join(err, fmt.Errorf("%s: %q: %w", key, text, bad))
		}
		list = append(list, v)
	}
	return list, err
}

var errProxy = errors.New("not an address such as 10.0.0.1, nor a range such as 10.0.0.0/8")

// parseProxy parses an address, or a range of addresses.
func parseProxy(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, errProxy
	}
	return p.Masked(), nil
}

// readLists reads the rules of names, and the kinds of rooms with stateless messages.
func (h *hocuspocusConfig) readLists() error {
	var badRules, badKinds error
	h.rules, badRules = readList("hocuspocus.rooms", h.Rooms, docname.ParseRule)
	h.kinds, badKinds = readList("hocuspocus.stateless", h.Stateless, parseKind)
	return errors.Join(badRules, badKinds)
}

var errKindOfRoom = errors.New("not a kind of room: there is records")

// parseKind returns the kind of rooms with a name as in paths.
func parseKind(text string) (roomkey.Kind, error) {
	kind, ok := roomkey.OfSegment(text)
	if !ok {
		return kind, errKindOfRoom
	}
	return kind, nil
}
