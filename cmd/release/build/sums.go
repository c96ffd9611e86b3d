package build

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// SumsFile is the name of the file with checksums.
const SumsFile = "SHA256SUMS"

// Sum returns the SHA-256 of a file, in hexadecimal.
func Sum(name string) (string, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Sums writes the checksums of all files in dir into SumsFile there, for `sha256sum -c`.
func Sums(dir string) error {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return err
	}
	var text bytes.Buffer
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name() == SumsFile {
			continue
		}
		sum, err := Sum(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%s  %s\n", sum, e.Name())
	}
	if text.Len() == 0 {
		return fmt.Errorf("%s has no files", dir)
	}
	return os.WriteFile(filepath.Join(dir, SumsFile), text.Bytes(), 0o644)
}
