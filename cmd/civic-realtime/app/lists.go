package app

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/civicpress/civic-realtime/transport/auth"
)

// readLists reads the origins and the proxies.
func (c *Config) readLists() error {
	var badOrigins, badProxies error
	c.origins, badOrigins = readList("allowed_origins", c.AllowedOrigins, auth.ParseOrigin)
	c.proxies, badProxies = readList("trusted_proxies", c.TrustedProxies, parseProxy)
	return errors.Join(badOrigins, badProxies)
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
