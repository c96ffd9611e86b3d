package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/civicpress/civic-realtime/cmd/release/inventory"
)

// licensesCommand writes the list of licences that the binary embeds.
type licensesCommand struct{ sourceFlag }

// Run implements kong's command.
func (f licensesCommand) Run(ctx context.Context) error {
	text, err := inventory.Collect(ctx, f.Source)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(f.Source, inventory.File), text, 0o644)
}
