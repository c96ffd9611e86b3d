package place

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// TokenFile is the name of the file in the data directory with the token that MakeToken makes.
const TokenFile = "admin.token"

// minToken is the least length of a token, in characters: it cannot be guessed, however often
// somebody tries.
const minToken = 32

// ReadToken reads a token from a file; whitespace around it is removed.
func ReadToken(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	token := string(bytes.TrimSpace(text))
	if len(token) < minToken || strings.ContainsFunc(token, notVisible) {
		return "", fmt.Errorf("%s: must have one token of at least %d visible characters, "+
			"such as openssl rand -hex 32 makes", name, minToken)
	}
	return token, nil
}

func notVisible(c rune) bool { return c <= ' ' || c > unicode.MaxASCII-1 }

// MakeToken reads the token of a data directory. If there is none, it makes one of 256 random bits
// in a file that only its owner may read.
func MakeToken(dir string) (string, error) {
	name := filepath.Join(dir, TokenFile)
	token, err := ReadToken(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return token, err
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	token = hex.EncodeToString(random)
	return token, writeFile(name, []byte(token+"\n"))
}
