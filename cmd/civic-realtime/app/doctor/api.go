package doctor

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// apiTimeout bounds one call of the API.
const apiTimeout = 10 * time.Second

// Clocks may differ by driftWarn without a remark.
const driftWarn = 2 * time.Second

// checkAPI calls the API without a token, and compares its clock.
func checkAPI(ctx context.Context, s *Subject) []Finding {
	if s.APIURL == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	url := strings.TrimRight(s.APIURL, "/") + "/api/v1/health"
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return []Finding{fail("correct civicpress.url", "%v", err)}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	client.CheckRedirect = func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}
	began := time.Now()
	answer, err := client.Do(r)
	if err != nil {
		return []Finding{fail("start CivicPress, or correct civicpress.url; "+
			"until it answers, nobody new gets in", "%v", err)}
	}
	took := time.Since(began)
	_ = answer.Body.Close()
	if answer.StatusCode >= http.StatusInternalServerError {
		return []Finding{fail("see CivicPress' log", "%s answers %s", url, answer.Status)}
	}
	found := []Finding{ok("%s answers, in %v", s.APIURL, took.Round(time.Millisecond))}
	if at, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		found = append(found, compareClocks(at, began.Add(took/2), s.Leeway))
	}
	return found
}

// compareClocks compares the time of the API, which is in whole seconds, with ours.
func compareClocks(theirs, ours time.Time, leeway time.Duration) Finding {
	drift := ours.Sub(theirs)
	if drift > 0 {
		drift = max(0, drift-time.Second)
	}
	drift = drift.Round(time.Second)
	const advice = "synchronize the clocks of both machines (NTP)"
	switch {
	case drift.Abs() > leeway:
		return fail(advice, "this machine's clock is %v ahead of CivicPress', more than auth.jwt.leeway allows: "+
			"tokens count as expired, or as not valid yet", drift)
	case drift.Abs() > driftWarn:
		return warn(advice, "this machine's clock is %v ahead of CivicPress'", drift)
	}
	return ok("this machine's clock agrees with CivicPress'")
}

// checkToken asks the API whose session the configured token is.
func checkToken(ctx context.Context, s *Subject) (found []Finding) {
	if s.TokenSigned != nil && !s.TokenSigned() {
		found = append(found, fail("set civicpress.secret to CivicPress' CIVICPRESS_SECRET",
			"civicpress.token was not signed with civicpress.secret: with this secret every session is refused"))
	}
	if s.APIUser == nil {
		return found
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	name, err := s.APIUser(ctx)
	if err != nil {
		return append(found, fail("make a new token, and put it into civicpress.token",
			"CivicPress does not accept civicpress.token: %v", err))
	}
	return append(found, ok("civicpress.token is the session of %s", name))
}
