package main

import (
	"bufio"
	"errors"
	"os"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
)

// licensesCommand prints the licences of all code in the binary.
type licensesCommand struct {
	List bool `help:"Print only names, versions and licences, without the texts."`
	JSON bool `name:"json" help:"Print one JSON array, with the texts."`
}

// Run implements kong's command.
func (f licensesCommand) Run() error {
	if f.List && f.JSON {
		return usagef("--list and --json exclude each other")
	}
	b := app.Build()
	all, err := licenses.All(b.Version, b.Go)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(os.Stdout)
	switch {
	case f.JSON:
		err = licenses.JSON(w, all)
	case f.List:
		err = licenses.List(w, all)
	default:
		err = errors.Join(licenses.List(w, all), endLine(w), licenses.Texts(w, all))
	}
	return errors.Join(err, w.Flush())
}

func endLine(w *bufio.Writer) error { return w.WriteByte('\n') }
