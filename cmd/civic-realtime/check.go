package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
)

// checkCommand reads everything that a stopped server has stored, and prints all damage, by record.
// It changes nothing.
type checkCommand struct {
	place
	JSON bool `name:"json" help:"Print one JSON object."`
}

var errFound = errors.New("something is damaged; civic-realtime repair shows what can be had, and records whose text CivicPress has are well again when they are opened")

// Run implements kong's command.
func (f checkCommand) Run() error {
	c, err := f.load()
	if err != nil {
		return err
	}
	dir, err := c.Directory()
	if err != nil {
		return err
	}
	r, err := snapshots.Check(dir)
	if err != nil {
		return missing(c, err)
	}
	if f.JSON {
		err = json.NewEncoder(os.Stdout).Encode(r)
	} else {
		_, err = fmt.Print(r)
	}
	if err == nil && !r.OK {
		err = errFound
	}
	return err
}
