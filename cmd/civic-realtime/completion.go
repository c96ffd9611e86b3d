package main

import (
	"os"

	"github.com/alecthomas/kong"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/shell"
)

// completionCommand prints a completion for a shell.
type completionCommand struct {
	Bash completionBash `cmd:"" help:"Print a completion for bash: source <(civic-realtime completion bash)."`
	Zsh  completionZsh  `cmd:"" help:"Print a completion for zsh, to be put into a file _civic-realtime in a directory of $$fpath."`
	Fish completionFish `cmd:"" help:"Print a completion for fish, to be put into ~/.config/fish/completions/civic-realtime.fish."`
}

type completionBash struct{}

// Run implements kong's command.
func (completionBash) Run(k *kong.Kong) error { return shell.Bash(os.Stdout, k.Model) }

type completionZsh struct{}

// Run implements kong's command.
func (completionZsh) Run(k *kong.Kong) error { return shell.Zsh(os.Stdout, k.Model) }

type completionFish struct{}

// Run implements kong's command.
func (completionFish) Run(k *kong.Kong) error { return shell.Fish(os.Stdout, k.Model) }

// manCommand prints the manual page.
type manCommand struct{}

// Run implements kong's command.
func (manCommand) Run(k *kong.Kong) error {
	return shell.Man(os.Stdout, k.Model, shell.Page{
		Version: app.Version,
		Exit: []string{
			"Success; a server has drained after a signal.",
			"A failure outside of the program, such as a port or data directory in use; or check, repair or doctor have found something.",
			"The command line or the configuration is wrong; the message says how.",
			"A command for a running server has found none that answers.",
		},
		Signals: [][2]string{
			{"SIGTERM, SIGINT", "The server drains and ends. A second one ends it at once."},
			{"SIGHUP", "The server reads its configuration again, and puts into effect what can change while people write."},
		},
		Files: [][2]string{
			{".civic/realtime.yml", "The configuration, if no other file is named. civic-realtime config defaults prints one with all keys."},
			{".civic/features.yml", "The features that are switched on."},
			{"data", "The data directory, if no other is named."},
		},
		Environment: "Each key of the configuration has a variable: CIVIC_REALTIME_ and the key in capitals, with _ in the place of each dot.",
	})
}
