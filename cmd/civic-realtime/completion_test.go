package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestCompletionAndMan shows that the completions and the manual page of the program have its
// commands and flags, and that bash and man accept them.
func TestCompletionAndMan(t *testing.T) {
	for _, args := range [][]string{{"completion", "bash"}, {"completion", "zsh"}, {"completion", "fish"}, {"man"}} {
		out, code := start(t, nil, args...).end()
		plain := strings.ReplaceAll(out, `\-`, "-")
		for _, want := range []string{"serve", "config print", "durability", "snapshot restore"} {
			if code != 0 || !strings.Contains(plain, want) {
				t.Errorf("%q: code %d, %q is missing", args, code, want)
			}
		}
		check := map[string][]string{"bash": {"bash", "-n"}, "man": {"groff", "-man", "-ww", "-z"}}[args[len(args)-1]]
		if check == nil {
			continue
		}
		if _, err := exec.LookPath(check[0]); err != nil {
			continue
		}
		cmd := exec.Command(check[0], check[1:]...)
		cmd.Stdin = strings.NewReader(out)
		if found, err := cmd.CombinedOutput(); err != nil || len(found) > 0 {
			t.Errorf("%q: %v: %s", args, err, found)
		}
	}
}
