package audit

import (
	"errors"
	"fmt"
	"os"
)

// file is the file of a trail. It is for its owner only; a file that exists keeps its mode, which
// logrotate may have chosen.
type file struct {
	name string
	out  *os.File
	torn bool // the last write ended within a line
}

const fileMode = 0o600

// openFile opens a file for lines at its end. It makes the file, but not its folder.
func openFile(name string) (*file, error) {
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	f := &file{name: name, out: out}
	if info, err := out.Stat(); err == nil && info.Mode().IsRegular() {
		f.torn, err = endsWithin(name, info.Size())
		if err != nil {
			f.torn = false // the file may be one that can be written only
		}
	}
	return f, nil
}

// endsWithin reports whether a file of a size ends within a line, as the machine failed while it
// was written.
func endsWithin(name string, size int64) (torn bool, err error) {
	if size == 0 {
		return false, nil
	}
	in, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer in.Close()
	var last [1]byte
	_, err = in.ReadAt(last[:], size-1)
	return last[0] != '\n', err
}

// write appends a line, on a line of its own even if the last write failed.
func (f *file) write(line []byte) error {
	if f.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := f.out.Write(line)
	if n > 0 {
		f.torn = line[n-1] != '\n'
	}
	return err
}

// reopen opens the file of that name again, which may be another file by now. If that fails, the
// present file stays open.
func (f *file) reopen() error {
	next, err := openFile(f.name)
	if err != nil {
		return err
	}
	err = f.close()
	*f = *next
	return err
}

// sync makes what was written durable. A pipe or a terminal has no durable form.
func (f *file) sync() error {
	if info, err := f.out.Stat(); err != nil || !info.Mode().IsRegular() {
		return err
	}
	return f.out.Sync()
}

func (f *file) close() error { return errors.Join(f.sync(), f.out.Close()) }

// wrap returns an error with the key of the configuration and what to do.
func wrap(name string, err error) error {
	return fmt.Errorf("audit.file: %s cannot be written (%w): choose another file, or make its folder "+
		"writable for this user", name, err)
}
