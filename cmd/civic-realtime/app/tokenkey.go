package app

import (
	"crypto/hmac"
	"crypto/sha256"
)

// tokenKeyFile is the name of the file with the key of tokens that the documents API makes, in the
// data directory.
const tokenKeyFile = "token.key"

// tokenPurpose separates the key of tokens from other uses of the nodes' secret.
const tokenPurpose = "civic-realtime: tokens of the documents API"

// ownTokenKey returns a function that returns the key of tokens that the documents API makes: all
// nodes have the same, which is made of their secret; a server that is alone has one in a file of
// the data directory. It is nil if there is a secret in the configuration for that, or if such
// tokens would be of no use.
func (p *components) ownTokenKey(c *Config, dir string) (key func() []byte, err error) {
	civicNeedsToken := p.civic != nil && c.CivicPress.Token == ""
	asksElsewhere := p.hooks != nil && p.hooks.authority != nil
	if !c.API.on() || !c.enabled() || c.Auth.JWT.Secret != "" || civicNeedsToken || asksElsewhere {
		return nil, nil
	}
	if p.node != nil {
		return func() []byte { return tokenKeyOf(*p.node.secret.Load()) }, nil
	}
	own, err := keyInFile(dir, tokenKeyFile, "api.enabled")
	return func() []byte { return own }, err
}

// tokenKeyOf returns the key that is made of the nodes' secret.
func tokenKeyOf(secret string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(tokenPurpose)) // never fails
	return h.Sum(nil)
}
