package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/operate"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/persist/bolt/backupfile"
)

// backupCommand writes everything that is stored to one file, or checks such a file. It asks the
// server that runs in the data directory; if there is none it opens the store itself.
type backupCommand struct {
	operate.Server
	Output string `placeholder:"FILE|-" help:"The file, which must not exist yet; - is stdout."`
	Check  string `placeholder:"FILE" help:"Read a backup, and show whether it is whole; nothing else is looked at."`
}

var errDamagedSource = errors.New("the backup is made, and has what can be read; " +
	"what is damaged in the store is damaged in it: civic-realtime repair shows what can be had")

// Run implements kong's command.
func (f backupCommand) Run() error {
	switch {
	case (f.Check == "") == (f.Output == ""):
		return usagef("one of --output FILE and --check FILE is needed")
	case f.Check != "":
		r, err := bolt.CheckBackup(f.Check)
		if err != nil {
			return err
		}
		return f.describe(os.Stdout, f.Check, r)
	case f.Output == "-":
		if isTerminal(os.Stdout) {
			return usagef("--output -: a backup is not for a terminal; pass it on to a file or a program")
		}
		b, err := f.write(os.Stdout)
		if err == nil {
			err = damaged(b)
		}
		return err
	}
	var r bolt.Restored
	if err := newFile(f.Output, func(file *os.File) (err error) {
		if _, err = f.write(file); err == nil {
			r, err = bolt.CheckBackup(file.Name())
		}
		return err
	}); err != nil {
		return err
	}
	if f.JSON {
		return f.describe(os.Stdout, f.Output, r)
	}
	return f.describe(os.Stderr, f.Output, r)
}

// write writes a backup. A signal ends it.
func (f backupCommand) write(w io.Writer) (b bolt.Backed, err error) {
	if err = f.Backup(w); !operate.IsAbsent(err) || f.Admin != "" {
		return b, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = place{f.Config, f.DataDir}.with(func(st *bolt.Store, c app.Config) (err error) {
		b, err = st.Backup(ctx, w)
		return audited(c, "backup", audit.Line{Kind: audit.Backup, File: f.Output}, err)
	})
	return b, err
}

// damaged fails if the store is damaged.
func damaged(b bolt.Backed) error {
	for _, d := range b.Damage {
		fmt.Fprintf(os.Stderr, "%q\n", d.String())
	}
	if len(b.Damage) > 0 {
		return errDamagedSource
	}
	return nil
}

// description is a backup as JSON.
type description struct {
	File    string              `json:"file"`
	Rooms   int                 `json:"rooms"`
	Bytes   int64               `json:"bytes"`   // before compression
	Moments []time.Time         `json:"moments"` // at which the store was read
	Damage  []backupfile.Damage `json:"damage"`
}

// describe prints what a backup has, and fails if the store was damaged.
func (f backupCommand) describe(w io.Writer, name string, r bolt.Restored) (err error) {
	if f.JSON {
		d := description{name, r.Rooms, r.Bytes, r.Moments, r.Damage}
		err = json.NewEncoder(w).Encode(d)
	} else {
		for _, d := range r.Damage {
			fmt.Fprintf(w, "damaged in the store: %q: %s\n", d.Room, d.Reason)
		}
		_, err = fmt.Fprintf(w, "%s: %d records, %d bytes, %s\n", name, r.Rooms, r.Bytes, asOf(r))
	}
	if err == nil && len(r.Damage) > 0 {
		err = errDamagedSource
	}
	return err
}

// asOf says of which time a backup is.
func asOf(r bolt.Restored) string {
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	switch n := len(r.Moments); n {
	case 0:
		return "begun at " + at(r.Begun)
	case 1:
		return "as of " + at(r.Moments[0])
	default:
		return fmt.Sprintf("each record as of a time between %s and %s", at(r.Moments[0]), at(r.Moments[n-1]))
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
