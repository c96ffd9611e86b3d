package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// vulncheck is the program that asks Go's database, by its module and version.
const vulncheck = "golang.org/x/vuln/cmd/govulncheck@v1.9.0"

// finding is a vulnerability in a module, a package or, with a function, in called code, as
// govulncheck -json prints it. The first frame is that of the vulnerable code.
type finding struct {
	OSV          string `json:"osv"`
	FixedVersion string `json:"fixed_version"`
	Trace        []struct {
		Module, Version, Package, Function string
	} `json:"trace"`
}

func (f finding) String() string {
	text := f.OSV
	if len(f.Trace) > 0 {
		at := f.Trace[0]
		text = fmt.Sprintf("%s in %s %s", f.OSV, at.Module, at.Version)
		if at.Function != "" {
			text += ", which is called: " + at.Package + "." + at.Function
		}
	}
	if f.FixedVersion != "" {
		text += "; fixed in " + f.FixedVersion
	}
	return text
}

// Go checks the modules of the program in dir, and then those of its tests. A vulnerability counts
// as shipped if the program can call the vulnerable code.
func Go(ctx context.Context, dir string, timeout time.Duration) []Result {
	program := scan(ctx, dir, timeout, "Go modules of the program", "./cmd/civic-realtime")
	if program.Unchecked != "" {
		return []Result{program} // the same would be said of the tests
	}
	tests := scan(ctx, dir, timeout, "Go modules of tests and tools", "-test", "./...")
	tests.Others = append(tests.Others, tests.Shipped...)
	tests.Shipped = nil
	return []Result{program, tests}
}

// scan runs govulncheck, which ends without an error whatever it finds.
func scan(
	ctx context.Context, dir string, timeout time.Duration, subject string, args ...string,
) Result {
	r := Result{Subject: subject}
	command := append([]string{"go", "run", vulncheck, "-json"}, args...)
	out, err := run(ctx, dir, timeout, command...)
	if err == nil {
		err = r.read(out)
	}
	if err != nil {
		r.Unchecked = err.Error()
	}
	return r
}

// read reads the objects that govulncheck prints.
func (r *Result) read(out []byte) error {
	seen := false
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var message struct {
			Config  json.RawMessage `json:"config"`
			Finding *finding        `json:"finding"`
		}
		err := d.Decode(&message)
		switch {
		case errors.Is(err, io.EOF) && seen:
			return nil
		case err != nil:
			return fmt.Errorf("answer of govulncheck: %w", err)
		}
		seen = seen || message.Config != nil
		if f := message.Finding; f != nil {
			if len(f.Trace) > 0 && f.Trace[0].Function != "" {
				r.Shipped = append(r.Shipped, f.String())
			} else {
				r.Others = append(r.Others, f.String())
			}
		}
	}
}
