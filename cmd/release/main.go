// Command release makes the files of a release: `make release` runs it.
//
// Files, in layers; each uses only what is listed before it:
//
//	binary.go    one binary, for programs that pack it
//	deb.go       Debian packages
//	licenses.go  the licences of all foreign code in the binary
//	archives.go  the archives, the list of what is in them, and checksums
//	audit.go     known vulnerabilities in foreign code
//	main.go      all commands
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type cli struct {
	Binary   binaryCommand   `cmd:"" help:"Build the binary for one system as it is in a release."`
	Archives archivesCommand `cmd:"" help:"Make the archives of a release, and the list of what is in them (SPDX)."`
	Sums     sumsCommand     `cmd:"" help:"Write the checksums of all files of a release."`
	Deb      debCommand      `cmd:"" help:"Build the Debian packages."`
	Licenses licensesCommand `cmd:"" help:"List the foreign code in the binary with its licences, for civic-realtime licenses."`
	Audit    auditCommand    `cmd:"" help:"Look for known vulnerabilities in foreign code, where their data can be had."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parsed := kong.Parse(&cli{}, kong.Name("release"), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Description("Make the files of a release of civic-realtime."))
	parsed.FatalIfErrorf(parsed.Run())
}
