// Command civic-realtime is the realtime service of CivicPress: several people can edit one record
// at the same time.
//
// Exit codes: 0 after a signal and a shutdown that lost nothing; 1 after a failure outside of the
// program, such as a port or data directory in use, or a failing disk; 2 for a wrong configuration
// or command line; 3 if a command for a running server finds none that answers.
//
// Files, in layers; each uses only what is listed before it:
//
//	exit.go boolflag.go completion.go filelimit_unix.go filelimit_other.go version.go
//	signals.go newfile.go stored.go token.go  signals; files; stored records, tokens
//	archive.go                            what is stored, by a running server or a stopped one
//	bench.go check.go config.go doctor.go licenses.go repair.go serve.go snapshotlist.go
//	snapshotedit.go snapshotrestore.go snapshotshow.go
//	snapshot.go backup.go restore.go import.go
//	main.go                               all commands
package main

import (
	"os"
	"reflect"

	"github.com/alecthomas/kong"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/operate"
	_ "github.com/civicpress/civic-realtime/cmd/civic-realtime/quiet" // no lines of libraries
)

type cli struct {
	Serve    serveCommand         `cmd:"" help:"Serve until SIGINT or SIGTERM, then drain and exit."`
	Config   configCommand        `cmd:"" help:"Check the configuration, or print it."`
	Doctor   doctorCommand        `cmd:"" help:"Check configuration, CivicPress, secrets, store, disk and limits, and say what to do."`
	Token    tokenCommand         `cmd:"" help:"Print a token, for development."`
	Bench    benchCommand         `cmd:"" help:"Measure how many people this machine carries, in a minute."`
	Snapshot snapshotCommand      `cmd:"" help:"Look at what a running or stopped server has stored, and bring earlier versions back."`
	Check    checkCommand         `cmd:"" help:"Read everything that a stopped server has stored, and show what is wrong."`
	Backup   backupCommand        `cmd:"" help:"Write everything that is stored to one file, or check such a file."`
	Restore  restoreBackupCommand `cmd:"" help:"Make a backup the data of a stopped server."`
	Import   importCommand        `cmd:"" help:"Import the documents of y-websocket-server, Hocuspocus or y-sweet into the data of a stopped server."`
	Repair   repairCommand        `cmd:"" help:"Show what is damaged in what a stopped server has stored, and take what can be had."`
	operate.Commands
	Completion completionCommand `cmd:"" help:"Print a completion for a shell."`
	Man        manCommand        `cmd:"" help:"Print the manual page: civic-realtime man | man -l -."`
	Licenses   licensesCommand   `cmd:"" help:"Print the licences of this program and of all code that is built into it."`
	Version    versionCommand    `cmd:"" help:"Print the version, as --version does."`
	Help       helpCommand       `cmd:"" help:"Explain a command and its flags."`
}

// arguments turns a lone --version into the command version. As a flag of all commands it would
// collide with the --version of some, which names a version of a record.
func arguments(args []string) []string {
	if len(args) == 1 && args[0] == "--version" {
		return []string{"version"}
	}
	return args
}

// helpCommand prints the same as --help.
type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command that is explained."`
}

// Run implements kong's command. It ends the process, as the flag does.
func (h helpCommand) Run(parser *kong.Kong) error {
	_, err := parser.Parse(append(h.Command, "--help"))
	return usageError{err}
}

func main() {
	var c cli
	parser := kong.Must(&c,
		kong.Name("civic-realtime"), kong.Description("The realtime service of CivicPress."),
		kong.KindMapper(reflect.Bool, boolFlags{}))
	ctx, err := parser.Parse(arguments(os.Args[1:]))
	if err != nil {
		fail(usageError{err})
	}
	if err := ctx.Run(parser); err != nil {
		fail(err)
	}
}
