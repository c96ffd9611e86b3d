package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/civicpress/civic-realtime/cmd/release/audit"
	"github.com/civicpress/civic-realtime/cmd/release/inventory"
)

// auditCommand looks for known vulnerabilities.
type auditCommand struct {
	sourceFlag
	GoTimeout  time.Duration `default:"5m" help:"Time for each of the two runs of govulncheck (5m)."`
	NPMTimeout time.Duration `name:"npm-timeout" default:"1m" help:"Time for each package-lock.json (1m)."`
}

var errVulnerable = errors.New("the binary has code with known vulnerabilities")

// Run implements kong's command.
func (f auditCommand) Run(ctx context.Context) error {
	known, err := inventory.Read(f.Source)
	if err != nil {
		return err
	}
	all := audit.Go(ctx, f.Source, f.GoTimeout)
	npm, err := audit.NPM(ctx, f.Source, f.NPMTimeout, known)
	if err != nil {
		return err
	}
	if !audit.Print(os.Stdout, append(all, npm...)) {
		return errVulnerable
	}
	return nil
}
