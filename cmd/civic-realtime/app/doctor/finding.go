package doctor

import "fmt"

// Status is how good or bad a finding is.
type Status string

const (
	OK   Status = "ok"   // as it should be
	Warn Status = "warn" // the server runs, and an operator should know
	Fail Status = "fail" // the server does not run, or people lose something
)

// Finding is one line of the result.
type Finding struct {
	Check  string `json:"check"`
	Status Status `json:"status"`
	Detail string `json:"detail"`           // what was found
	Advice string `json:"advice,omitempty"` // what to do; empty: nothing
}

func ok(format string, args ...any) Finding {
	return Finding{Status: OK, Detail: fmt.Sprintf(format, args...)}
}

func warn(advice, format string, args ...any) Finding {
	return Finding{Status: Warn, Detail: fmt.Sprintf(format, args...), Advice: advice}
}

func fail(advice, format string, args ...any) Finding {
	return Finding{Status: Fail, Detail: fmt.Sprintf(format, args...), Advice: advice}
}
