package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/capacity"
)

// benchCommand measures how many people this machine carries.
type benchCommand struct {
	place
	For  yamlfile.Duration `default:"1m" help:"About how long it may take."`
	Most int               `placeholder:"N" help:"Try no more people than this (as many as the machine's files and ports are enough for)."`
	JSON bool              `name:"json" help:"Print one JSON object."`
}

// Run implements kong's command.
func (f benchCommand) Run() error {
	c, err := f.load()
	if err != nil {
		return err
	}
	dir, err := c.Directory()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := capacity.Measure(ctx, capacity.Options{
		Binary: self, Dir: existing(dir), For: time.Duration(f.For), Most: f.Most,
		Durability: c.Durability, Window: window(time.Duration(c.Batch.Window)),
		Progress: func(what string) { fmt.Fprintln(os.Stderr, "measuring", what) },
	})
	if errors.Is(err, capacity.ErrTooShort) {
		return usagef("--for: %w", err)
	}
	if errors.Is(err, capacity.ErrTooFew) {
		return usagef("--most: %w", err)
	}
	switch {
	case err != nil && !errors.Is(err, capacity.ErrTooBusy):
		return err
	case f.JSON:
		return errors.Join(err, json.NewEncoder(os.Stdout).Encode(r))
	}
	return errors.Join(err, r.Print(os.Stdout))
}

// existing returns dir, or the nearest directory above it that exists.
func existing(dir string) string {
	for parent := filepath.Dir(dir); parent != dir; dir, parent = parent, filepath.Dir(parent) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			break
		}
	}
	return dir
}

// window returns the configured batch.window, "" for the default.
func window(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
