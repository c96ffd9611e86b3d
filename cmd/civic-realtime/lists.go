package main

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/civicpress/civic-realtime/transport"
)

// readLists reads the origins and the proxies.
func (c *config) readLists() (err error) {
	if c.origins, err = readList("allowed_origins", c.AllowedOrigins, transport.ParseOrigin); err != nil {
		return err
	}
	c.proxies, err = readList("trusted_proxies", c.TrustedProxies, parseProxy)
	return err
}

func readList[T any](key string, texts []string, parse func(string) (T, error)) (list []T, err error) {
	for _, text := range texts {
		v, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", key, text, err)
		}
		list = append(list, v)
	}
	return list, nil
}

var errProxy = errors.New("not an address such as 10.0.0.1, nor a range such as 10.0.0.0/8")

// parseProxy reads an address, or a range of them.
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
