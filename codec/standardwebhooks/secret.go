package standardwebhooks

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// SecretPrefix begins the text form of a secret; the base64 of its bytes follows.
const SecretPrefix = "whsec_"

// A secret has MinSecret to MaxSecret bytes, as Standard Webhooks recommends.
const (
	MinSecret = 24
	MaxSecret = 64
)

// Secret is a symmetric key that sender and receiver share. It prints as "[secret]", also with %x
// and in JSON, so that it does not reach a log by mistake. The zero Secret signs nothing: Sign
// leaves it out, and Verify accepts no signature for it.
type Secret struct {
	key string
}

// ParseSecret reads the text form of a secret: SecretPrefix and standard base64, with or without
// padding. Spaces and line ends around it are ignored, as secrets are often read from files. The
// error does not contain the text.
func ParseSecret(text string) (Secret, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), SecretPrefix)
	if !ok {
		return Secret{}, errors.New(`the secret does not begin with "` + SecretPrefix + `"`)
	}
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return Secret{}, errors.New(`the secret is not base64 after "` + SecretPrefix + `"`)
	}
	if len(key) < MinSecret || len(key) > MaxSecret {
		return Secret{}, fmt.Errorf("the secret has %d bytes, and needs %d to %d", len(key), MinSecret, MaxSecret)
	}
	return Secret{string(key)}, nil
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.key == "" }

// String returns "[secret]", or "" if there is none.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return "[secret]"
}

// Format writes what String returns, for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText returns what String returns, so that JSON and logs have no secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
