package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// checks are all checks, in the order of the output. Several may have one name.
var checks = []struct {
	name string
	run  func(context.Context, *Subject) []Finding
}{
	{"configuration", checkConfig},
	{"secrets", checkSecrets},
	{"certificates", checkCertificates},
	{"CivicPress", checkAPI},
	{"CivicPress", checkToken},
	{"hooks", checkHooks},
	{"webhooks", checkWebhooks},
	{"Redis", checkRedis},
	{"nodes", checkNodes},
	{"store", checkStore},
	{"store", checkDirectory},
	{"disk", checkSpace},
	{"disk", checkSync},
	{"port", checkPort},
	{"proxy", checkProxy},
	{"files", checkFiles},
	{"memory", checkMemory},
	{"clock", checkClock},
}

// Run makes all checks.
func Run(ctx context.Context, s Subject) (all []Finding) {
	if s.RunningPID != 0 && !alive(s.RunningPID) {
		s.RunningPID = 0
	}
	for _, c := range checks {
		for _, f := range c.run(ctx, &s) {
			f.Check = c.name
			all = append(all, f)
		}
	}
	return all
}

// Failed reports whether a finding says that the server cannot run well.
func Failed(all []Finding) bool {
	return slices.ContainsFunc(all, func(f Finding) bool { return f.Status == Fail })
}

// Print writes a line for each finding, and below it what to do.
func Print(w io.Writer, all []Finding) error {
	for _, f := range all {
		text := fmt.Sprintf("%-4s  %-13s  %s\n", f.Status, f.Check, f.Detail)
		if f.Advice != "" {
			text += fmt.Sprintf("%21s-> %s\n", "", f.Advice)
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}

// PrintJSON writes an object with all findings.
func PrintJSON(w io.Writer, all []Finding) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		OK       bool      `json:"ok"`
		Findings []Finding `json:"findings"`
	}{!Failed(all), all})
}
