package audit

import (
	"errors"
	"time"
)

// Append appends a line to a file, and syncs it. It is for commands, which may run beside a server
// that has the same file open: a line is written in one call. Without a name it does nothing.
func Append(name string, l Line) error {
	if name == "" {
		return nil
	}
	f, err := openFile(name)
	if err != nil {
		return wrap(name, err)
	}
	l.Time = time.Now().UTC()
	if err = errors.Join(f.write(l.encode()), f.close()); err != nil {
		return wrap(name, err)
	}
	return nil
}
