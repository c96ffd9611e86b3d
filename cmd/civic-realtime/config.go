package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
)

// configCommand shows and checks the configuration, without starting a server.
type configCommand struct {
	Check    configCheckCommand    `cmd:"" help:"Say whether a server would start, and everything that is wrong."`
	Print    configPrintCommand    `cmd:"" help:"Print the value of each key that counts, and where it came from; secrets are hidden."`
	Defaults configDefaultsCommand `cmd:"" help:"Print a file with every key, its meaning and its default."`
}

type configCheckCommand struct{ app.Flags }

// Run implements kong's command.
func (f configCheckCommand) Run() error {
	c, err := f.Load()
	for _, w := range c.Warnings() {
		fmt.Fprintln(os.Stderr, "warning:", w)
	}
	if err = errors.Join(err, c.CheckServer()); err != nil {
		return usageError{err}
	}
	fmt.Println("the configuration is valid")
	return nil
}

type configPrintCommand struct {
	app.Flags
	JSON bool `name:"json" help:"Print one JSON object, by key."`
}

// Run implements kong's command. It prints the values beside errors, too, as they help to find the
// cause.
func (f configPrintCommand) Run() error {
	c, err := f.Load()
	if failed := c.Print(os.Stdout, f.JSON); failed != nil {
		return failed
	}
	if err = errors.Join(err, c.CheckServer()); err != nil {
		return usageError{err}
	}
	return nil
}

type configDefaultsCommand struct{}

// Run implements kong's command.
func (configDefaultsCommand) Run() error { return app.PrintDefaults(os.Stdout) }
