package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Program is the name of the binary.
const Program = "civic-realtime"

// settings are the variables that change the code that Go makes. Each release has these, whatever
// the environment has.
var settings = []string{
	"CGO_ENABLED=0", "GOAMD64=v1", "GO386=sse2", "GOARM64=v8.0", "GOFIPS140=off",
	"GOFLAGS=-trimpath", "GOWORK=off",
}

// Binary builds the program for a target, and writes it to a file. It is static, without paths of
// this machine, and without a symbol table; stack traces still have names and lines.
func Binary(ctx context.Context, s Source, t Target, file string) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w",
		fmt.Sprintf("-buildvcs=%t", s.Commit != ""), "-o", file, "./cmd/civic-realtime")
	cmd.Dir = s.Dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GOEXPERIMENT=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, settings...)
	cmd.Env = append(cmd.Env, "GOOS="+t.OS, "GOARCH="+t.Arch)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build for %s: %w", t, err)
	}
	return nil
}
