package snapshots

import (
	"fmt"
	"strings"

	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// CheckReport is the result of Check.
type CheckReport struct {
	OK       bool           `json:"ok"` // all findings are harmless
	Totals   bolt.Totals    `json:"totals"`
	Deleted  int            `json:"deleted"` // documents that were deleted
	Findings []bolt.Finding `json:"findings"`
}

// Check reads everything in the store in dir, of a stopped server, including the documents of
// records and versions. It changes nothing.
func Check(dir string) (*CheckReport, error) {
	r := &CheckReport{OK: true, Findings: []bolt.Finding{}}
	totals, err := bolt.Check(dir, bolt.Checker{
		Document: func(snapshot []byte, rows [][]byte) error {
			if stored.Deleted(snapshot, rows).At != 0 {
				r.Deleted++
			}
			_, err := stored.Read(snapshot, rows, MaxBytes)
			return err
		},
		Report: func(f bolt.Finding) {
			r.OK = r.OK && f.Harmless
			r.Findings = append(r.Findings, f)
		},
	})
	r.Totals = totals
	return r, err
}

// String returns a line for each finding, and a line with the totals.
func (r *CheckReport) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintln(&b, printable(describe(f)))
	}
	t := &r.Totals
	fmt.Fprintf(&b, "%d records: %d snapshots, %d rows in the database and %d in the log, %d versions; %d quarantined\n",
		t.Rooms, t.Snapshots, t.Rows, t.LogRows, t.Versions, t.Quarantined)
	if t.Decisions > 0 {
		fmt.Fprintf(&b, "%d locks and bans\n", t.Decisions)
	}
	if r.Deleted > 0 {
		fmt.Fprintf(&b, "%d documents that were deleted\n", r.Deleted)
	}
	if len(r.Findings) == 0 {
		fmt.Fprintln(&b, "nothing is wrong")
	}
	return b.String()
}

func describe(f bolt.Finding) string {
	s := string(f.Place)
	if f.Room != "" {
		s += ", record " + quoted(RecordOf(f.Room))
	}
	if f.Version != 0 {
		s += fmt.Sprintf(", version %d", f.Version)
	}
	if f.Row != 0 {
		s += fmt.Sprintf(", row %d", f.Row)
	}
	s += ": " + f.Reason
	if f.Harmless {
		s += " (harmless)"
	}
	return s
}
