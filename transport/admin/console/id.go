package console

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// idBytes is the length of an identifier, as random bytes; idLength that of its text.
const idBytes = 32

var idLength = base64.RawURLEncoding.EncodedLen(idBytes)

// hashed is the hash of an identifier. Whoever reads the memory cannot use it.
type hashed [sha256.Size]byte

func newID() string {
	var b [idBytes]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func hashOf(id string) hashed { return sha256.Sum256([]byte(id)) }
