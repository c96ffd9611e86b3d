package audit

import (
	"fmt"
	"io"
	"slices"
)

// Result is what was found in one list of code.
type Result struct {
	Subject string // such as the path of a package-lock.json
	// Unchecked is the reason for which nothing is known, empty if the subject was checked.
	Unchecked string
	Shipped   []string // vulnerabilities in the binary, one line each
	Others    []string // vulnerabilities in code that is not in it, or that it never calls
}

// Print writes results for people, and reports whether none of them has a vulnerability in the
// binary.
func Print(w io.Writer, all []Result) (ok bool) {
	ok = true
	for _, r := range all {
		slices.Sort(r.Shipped)
		slices.Sort(r.Others)
		shipped, others := slices.Compact(r.Shipped), slices.Compact(r.Others)
		switch {
		case r.Unchecked != "":
			fmt.Fprintf(w, "not checked: %s: %s\n", r.Subject, r.Unchecked)
		case len(shipped)+len(others) == 0:
			fmt.Fprintf(w, "ok: %s\n", r.Subject)
		}
		for _, line := range shipped {
			fmt.Fprintf(w, "in the binary: %s: %s\n", r.Subject, line)
			ok = false
		}
		for _, line := range others {
			fmt.Fprintf(w, "not in the binary: %s: %s\n", r.Subject, line)
		}
	}
	return ok
}
