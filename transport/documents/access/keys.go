package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Key is an API key as a file has it.
type Key struct {
	Name   string   `yaml:"name"`
	Key    string   `yaml:"key"`        // the key itself
	SHA256 string   `yaml:"key_sha256"` // or its hash, in hexadecimal digits
	Scopes []string `yaml:"scopes"`
	Rooms  []string `yaml:"rooms"`
}

// LeastKey is the least length of a key, in bytes.
const LeastKey = 32

// Keys are all API keys. They are immutable.
type Keys struct {
	hashes  [][sha256.Size]byte
	callers []*Caller
}

// NewKeys returns keys, after checking them. Its error says which is wrong, by its name or number.
func NewKeys(list []Key) (*Keys, error) {
	k := new(Keys)
	names := map[string]bool{}
	for i := range list {
		hash, caller, err := list[i].parse()
		label := fmt.Sprintf("key %d", i+1)
		if caller.Name != "" {
			label = fmt.Sprintf("key %q", caller.Name)
		}
		if err == nil && names[caller.Name] {
			err = errors.New("there are two keys of this name")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", label, err)
		}
		names[caller.Name] = true
		k.hashes, k.callers = append(k.hashes, hash), append(k.callers, caller)
	}
	return k, nil
}

// parse returns the hash of a key, and its caller.
func (k *Key) parse() (hash [sha256.Size]byte, c *Caller, err error) {
	c = &Caller{Name: k.Name, UserID: "key:" + k.Name, UserName: k.Name}
	scopes, wrongScope := ParseScopes(k.Scopes)
	rooms, wrongRoom := ParseRooms(k.Rooms)
	c.Grants = []Grant{{rooms, scopes}}
	switch {
	case k.Name == "" || len(k.Name) > maxName || strings.ContainsFunc(k.Name, unicode.IsControl) ||
		strings.HasPrefix(k.Name, ofUser):
		c.Name = ""
		return hash, c, fmt.Errorf("name: must be 1 to %d characters, not beginning with %q",
			maxName, ofUser)
	case (k.Key == "") == (k.SHA256 == ""):
		return hash, c, errors.New("has to have either key or key_sha256")
	case k.Key != "" && len(k.Key) < LeastKey:
		return hash, c, fmt.Errorf("has fewer than %d bytes: it can be guessed", LeastKey)
	case len(k.Scopes) == 0 || len(k.Rooms) == 0:
		return hash, c, errors.New("has to have scopes and rooms")
	}
	if err := errors.Join(wrongScope, wrongRoom); err != nil {
		return hash, c, err
	}
	if k.Key != "" {
		return sha256.Sum256([]byte(k.Key)), c, nil
	}
	b, err := hex.DecodeString(k.SHA256)
	if err != nil || len(b) != len(hash) {
		return hash, c, errors.New("key_sha256: must be 64 hexadecimal digits")
	}
	return [sha256.Size]byte(b), c, nil
}

// maxName is the length of the longest name of a key, in bytes.
const maxName = 100

// Len returns how many keys there are.
func (k *Keys) Len() int {
	if k == nil {
		return 0
	}
	return len(k.callers)
}

// Find returns the caller with a key, nil if there is none. It takes as long for every key.
func (k *Keys) Find(key string) (found *Caller) {
	if k == nil {
		return nil
	}
	hash := sha256.Sum256([]byte(key))
	for i := range k.hashes {
		if subtle.ConstantTimeCompare(k.hashes[i][:], hash[:]) == 1 {
			found = k.callers[i]
		}
	}
	return found
}
