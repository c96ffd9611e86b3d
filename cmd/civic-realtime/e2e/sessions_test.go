package e2e

import "testing"

// TestPageSessions shows that a page with a session of CivicPress' is let in under the name that
// CivicPress has for it, and that one that is refused, or whose session ends, is told why by its
// close code.
func TestPageSessions(t *testing.T) {
	t.Parallel()
	w := newSite(t, "  auth:\n    recheck: 1s\n")
	w.api.Put("by-law-7", "Dogs go on leads.", nil)
	for name, test := range map[string]struct {
		seat seat
		code int
	}{
		"unknown session":  {seat{token: w.api.Sign("dead"), room: "by-law-7"}, 4001},
		"no right to view": {w.seat("by-law-7", "sid", "suspended"), 4003},
		"no such record":   {w.seat("by-law-8", "ann", "clerk"), 4004},
	} {
		test.seat.url = w.server.url()
		page := newPage(t, test.seat)
		page.wait(args{"closed": test.code})
		if c := page.status().Closes[0]; c.Code != test.code || c.Reason == "" {
			t.Errorf("%s: closed with %d %q", name, c.Code, c.Reason)
		}
		page.close()
	}

	annsSeat := w.seat("by-law-7", "ann", "clerk")
	ann, bob := openPage(t, annsSeat), openPage(t, w.seat("by-law-7", "bob", "clerk"))
	bob.wait(args{"people": []string{"The ann"}})
	w.api.Revoke(annsSeat.token)
	ann.wait(args{"closed": 4001, "problem": "session expired or revoked"})
	bob.wait(args{"people": []string{}})
	bob.mustBeSound()
}
