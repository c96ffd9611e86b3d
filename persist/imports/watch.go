package imports

import (
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Watch remembers the states of files, to notice that they have changed. It serves sources whose
// servers take no locks. The zero Watch has no files.
type Watch struct{ files []watched }

// watched is the state of a file at a time.
type watched struct {
	name string
	size int64 // -1: there is no file
	time time.Time
}

// Add adds a file, which may be missing, in its present state.
func (w *Watch) Add(name string) { w.files = append(w.files, stateOf(name)) }

// Check fails with ErrChanged if a file is not as it was.
func (w *Watch) Check() error {
	for _, f := range w.files {
		if now := stateOf(f.name); now.size != f.size || !now.time.Equal(f.time) {
			return fmt.Errorf("%w (%s)", ErrChanged, f.name)
		}
	}
	return nil
}

func stateOf(name string) watched {
	info, err := os.Stat(name)
	if err != nil {
		return watched{name: name, size: -1}
	}
	return watched{name, info.Size(), info.ModTime()}
}

// ReadFile reads a file of at most MaxBytes.
func ReadFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, pathless(err)
	case info.Size() > MaxBytes:
		return nil, fmt.Errorf("%d bytes are more than %d", info.Size(), MaxBytes)
	}
	b, err := os.ReadFile(name)
	return b, pathless(err)
}

// pathless removes the name of the file from an error: messages name the document.
func pathless(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		return e.Err
	}
	return err
}
