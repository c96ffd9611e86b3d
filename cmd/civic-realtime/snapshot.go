package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// snapshotCommand works on the store of a server that does not run.
type snapshotCommand struct {
	List    listCommand    `cmd:"" help:"List records, or the versions that are kept of one."`
	Show    showCommand    `cmd:"" help:"Print the text of a record as Markdown."`
	Export  exportCommand  `cmd:"" help:"Write a record to a file."`
	Restore restoreCommand `cmd:"" help:"Make a version the text of its record again."`
}

// place is where the store is.
type place struct {
	Config  string  `env:"CIVIC_REALTIME_CONFIG" placeholder:"FILE" help:"Configuration file, YAML."`
	DataDir *string `env:"CIVIC_REALTIME_DATA_DIR" placeholder:"DIR" help:"Where rooms are kept (./data)."`
}

// state is one of a record's: as it is now, or a version.
type state struct {
	Record  string `required:"" placeholder:"ID" help:"The record's id."`
	Version number `placeholder:"N" help:"A version that is kept, as list names it (the record as it is now)."`
}

// editor says where in a document its editors' text is.
type editor struct {
	Fragment string `placeholder:"NAME" help:"The XmlFragment that editors work on (documents.fragment of the configuration)."`
}

// schema is the configured one, of that fragment.
func (e editor) schema(c config) markdown.Schema {
	of := c.Documents.schema
	of.Fragment = cmp.Or(e.Fragment, of.Fragment)
	return of
}

// number counts what is stored, from 1 on; 0 is none.
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

// maxState is the most that a stored document may have, in bytes.
const maxState = 1 << 30

// open opens the store, and never makes one.
func (p place) open() (*bolt.Store, config, error) {
	c, err := serveCommand{Config: p.Config, DataDir: p.DataDir}.config()
	if err != nil {
		return nil, c, usageError{err}
	}
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return nil, c, err
	}
	cfg := boltConfig(c)
	cfg.Async, cfg.Existing = false, true
	st, err := bolt.Open(dir, cfg)
	switch {
	case errors.Is(err, persist.ErrInUse):
		err = fmt.Errorf("%w; stop the server first", err)
	case errors.Is(err, fs.ErrNotExist):
		err = fmt.Errorf("nothing is stored in %s; --data-dir or --config says where", dir)
	}
	return st, c, err
}

// with runs f on the store.
func (p place) with(f func(*bolt.Store, config) error) error {
	st, c, err := p.open()
	if err != nil {
		return err
	}
	return errors.Join(f(st, c), st.Close())
}

// stored is a state as it is stored.
type stored struct {
	blob []byte // the snapshot; nil: there is none
	rows int    // that came after it
	snapshot.Snapshot
}

// read reads the state.
func (s state) read(st *bolt.Store) (got stored, err error) {
	room, err := recordRoom(s.Record)
	if err != nil {
		return got, err
	}
	var rows [][]byte
	if s.Version != 0 {
		got.blob, err = st.Version(context.Background(), room, uint64(s.Version))
	} else {
		got.blob, rows, err = st.Load(context.Background(), room)
	}
	if errors.Is(err, persist.ErrVersion) {
		err = fmt.Errorf("record %q has no version %d", s.Record, s.Version)
	}
	if err != nil {
		return got, err
	}
	if got.rows = len(rows); got.blob == nil && got.rows == 0 {
		return got, fmt.Errorf("nothing is stored of record %q", s.Record)
	}
	got.Snapshot, err = engine.ReadStored(got.blob, rows, maxState)
	return got, err
}

// encode is the state as a snapshot.
func (s stored) encode(a snapshot.Algorithm) ([]byte, error) {
	if s.rows == 0 {
		return s.blob, nil
	}
	return snapshot.Append(nil, s.Snapshot, a)
}

func (s stored) update() codec.CheckedUpdate { return codec.Trust(s.State) }

// facts says what the state is, without a word of its text.
func (s stored) facts() string {
	if s.blob == nil {
		return fmt.Sprintf("no snapshot; %d updates in the journal, version %d", s.rows, s.Snapshot.Version)
	}
	h, err := snapshot.Stat(s.blob)
	if err != nil {
		return err.Error()
	}
	said := fmt.Sprintf("snapshot of version %d, %v, %d bytes for %d, checksum ok", h.Version, h.Algorithm, len(s.blob), h.Size)
	if s.rows > 0 {
		said += fmt.Sprintf("; %d rows in the journal since, to version %d", s.rows, s.Snapshot.Version)
	}
	return said
}
