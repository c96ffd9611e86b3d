package app

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/logs"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// logConfig configures the log.
type logConfig struct {
	Format string            `yaml:"format"`
	Level  logs.Levels       `yaml:"level"`
	Rooms  string            `yaml:"rooms"` // hash: names of rooms are hashed
	Slow   yamlfile.Duration `yaml:"slow_operation"`
}

// isJSON reports whether lines are JSON. By default they are text on a terminal, which people read,
// and JSON elsewhere.
func (c *logConfig) isJSON(w io.Writer) bool {
	return c.Format == "json" || c.Format == "auto" && !isTerminal(w)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// logKeyFile is the name of the file with the key of the hashes of rooms, in the data directory.
const logKeyFile = "log.key"

// roomKey reads the key from the data directory, or makes it. A server that is disabled has no data
// directory, and so a key of its own.
func roomKey(dir string, stored bool) ([]byte, error) {
	if !stored {
		key := make([]byte, 32)
		rand.Read(key) // never fails
		return key, nil
	}
	return keyInFile(dir, logKeyFile, "log.rooms")
}

// keyInFile reads a key from a file in the data directory, or makes it. setting is what it is for.
func keyInFile(dir, file, setting string) ([]byte, error) {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	name := filepath.Join(dir, file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	err := writeNewFile(name, []byte(hex.EncodeToString(key)+"\n"))
	if errors.Is(err, fs.ErrExist) {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		key, err = hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil || len(key) < 32 {
			return nil, fmt.Errorf("%s: %s has no key; remove it, and another is made", setting, name)
		}
		return key, nil
	}
	return key, err
}

// writeNewFile writes a file that only its owner may read, and fails if there is one.
func writeNewFile(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// hidesRooms reports whether names of rooms are hashed.
func (c *logConfig) hidesRooms() bool { return c.Rooms == "hash" }
