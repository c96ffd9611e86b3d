package debian

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/civicpress/civic-realtime/cmd/release/build"
)

// Help has the texts that the program prints about itself. They are the same for all systems.
type Help struct{ manual, bash, zsh, fish []byte }

// ReadHelp builds the program for this machine, and has it print its help.
func ReadHelp(ctx context.Context, s build.Source) (h Help, err error) {
	dir, err := os.MkdirTemp("", "civic-realtime-help-")
	if err != nil {
		return h, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, Name)
	here := build.Target{OS: runtime.GOOS, Arch: runtime.GOARCH}
	if err := build.Binary(ctx, s, here, binary); err != nil {
		return h, err
	}
	for _, text := range []struct {
		to   *[]byte
		args []string
	}{
		{&h.manual, []string{"man"}},
		{&h.bash, []string{"completion", "bash"}},
		{&h.zsh, []string{"completion", "zsh"}},
		{&h.fish, []string{"completion", "fish"}},
	} {
		cmd := exec.CommandContext(ctx, binary, text.args...)
		cmd.Stderr = os.Stderr
		if *text.to, err = cmd.Output(); err != nil {
			return h, fmt.Errorf("%s %v: %w", Name, text.args, err)
		}
	}
	return h, nil
}

// entries returns the files with the texts.
func (h Help) entries() []entry {
	return []entry{
		{"usr/share/man/man1/" + Name + ".1.gz", 0o644, compressed(h.manual)},
		{"usr/share/bash-completion/completions/" + Name, 0o644, h.bash},
		{"usr/share/zsh/vendor-completions/_" + Name, 0o644, h.zsh},
		{"usr/share/fish/vendor_completions.d/" + Name + ".fish", 0o644, h.fish},
	}
}
