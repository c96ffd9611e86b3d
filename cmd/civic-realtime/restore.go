package main

import (
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// restoreBackupCommand makes a backup the store of a stopped server.
type restoreBackupCommand struct {
	place
	File  string `arg:"" placeholder:"FILE" help:"The backup."`
	Force bool   `help:"Where there is data: move it to a folder in the data directory first. Nothing is deleted."`
}

// Run implements kong's command.
func (f restoreBackupCommand) Run() error {
	c, err := f.load()
	if err != nil {
		return err
	}
	dir, err := c.Directory()
	if err != nil {
		return err
	}
	r, err := bolt.Restore(f.File, dir, bolt.Restoration{Replace: f.Force})
	err = audited(c, "restore", audit.Line{Kind: audit.Restore, File: f.File}, err)
	switch {
	case errors.Is(err, bolt.ErrHasData):
		return fmt.Errorf("%w; --force moves it to a folder there, and deletes nothing", err)
	case errors.Is(err, persist.ErrInUse):
		return fmt.Errorf("%w; stop the server first", err)
	case err != nil:
		return err
	}
	if r.Replaced != "" {
		fmt.Printf("the data that was there is in %s\n", r.Replaced)
	}
	for _, d := range r.Damage {
		fmt.Printf("damaged when the backup was made: %q: %s\n", d.Room, d.Reason)
	}
	_, err = fmt.Printf("restored %d records to %s, %s; civic-realtime check reads each of them\n", r.Rooms, dir, asOf(r))
	return err
}
