package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// place has the flags that locate the store.
type place struct {
	Config  string  `placeholder:"FILE" help:"Configuration file, YAML ($$CIVIC_REALTIME_CONFIG)."`
	DataDir *string `placeholder:"DIR" help:"Where rooms are kept (./data; $$CIVIC_REALTIME_DATA_DIR)."`
}

// subject has the flags that name a room.
type subject struct {
	Record string `placeholder:"ID" help:"The record's id."`
	Room   string `placeholder:"NAME" help:"The room's name, in the place of --record: that of a document that is no record's."`
}

// named reports whether a room is named.
func (f subject) named() bool { return f.Record != "" || f.Room != "" }

// key returns the key of the room.
func (f subject) key() (key roomkey.Key, err error) {
	switch {
	case (f.Record == "") == (f.Room == ""):
		return key, usagef("one of --record ID and --room NAME is needed")
	case f.Room != "":
		if key, err = snapshots.RoomKey(f.Room); err != nil {
			err = usagef("--room: %w", err)
		}
		return key, err
	}
	if key, err = snapshots.RecordKey(f.Record); err != nil {
		err = usagef("--record: %w", err)
	}
	return key, err
}

// state has the flags that select a state of a room: the present one, or a version.
type state struct {
	subject
	Version number `placeholder:"N" help:"A version that is kept, as list names it (the record as it is now)."`
}

// editor has the flag that names the fragment of the editors.
type editor struct {
	Fragment string `placeholder:"NAME" help:"The XmlFragment that editors work on (documents.fragment of the configuration)."`
}

// schema returns the configured schema, with that fragment.
func (e editor) schema(c app.Config) markdown.Schema {
	of := c.Schema()
	of.Fragment = cmp.Or(e.Fragment, of.Fragment)
	return of
}

// number is the number of a version or of quarantined data, at least 1; 0 stands for none.
type number uint64

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *number) UnmarshalText(text []byte) error {
	v, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("%q is not a whole number", text)
	}
	*n = number(v)
	return nil
}

// load returns the configuration that locates the store.
func (p place) load() (app.Config, error) {
	c, err := app.Flags{Config: p.Config, DataDir: p.DataDir}.Load()
	if err != nil {
		return c, usageError{err}
	}
	return c, nil
}

// with runs f on the store. It fails if there is no store.
func (p place) with(f func(*bolt.Store, app.Config) error) error {
	c, err := p.load()
	if err != nil {
		return err
	}
	st, err := c.OpenStore()
	if err != nil {
		return missing(c, err)
	}
	return errors.Join(f(st, c), st.Close())
}

// missing adds to an error of opening a store the way to correct it.
func missing(c app.Config, err error) error {
	switch {
	case errors.Is(err, persist.ErrInUse):
		return fmt.Errorf("%w; stop the server first", err)
	case errors.Is(err, fs.ErrNotExist):
		dir, _ := c.Directory()
		return fmt.Errorf("nothing is stored in %s; --data-dir or --config says where", dir)
	}
	return err
}

func printRemarks(remarks []string) {
	for _, r := range remarks {
		fmt.Fprintln(os.Stderr, r)
	}
}

// writeNew writes a file that only its owner may read. After an error it leaves no incomplete file
// behind.
func writeNew(name string, b []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// audited appends a line about what a command has done to the audit trail, if there is one, and
// returns err, the command's error.
func audited(c app.Config, command string, l audit.Line, err error) error {
	l.By = "command:" + command + " by " + operator()
	return errors.Join(err, c.Audit(l, err))
}

// operator returns the name of the user of the operating system.
func operator() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "uid " + strconv.Itoa(os.Getuid())
}
