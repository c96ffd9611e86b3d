package e2e

import "testing"

// TestPageSessions shows that a page with a session of CivicPress is admitted with the name that
// CivicPress has for it, and that one that is refused, or whose session ends, gets the reason in
// its close code.
func TestPageSessions(t *testing.T) {
	t.Parallel()
	w := newSite(t, "  auth:\n    recheck: 1s\n")
	w.api.Put("by-law-7", "Dogs go on leads.", nil)
	for name, test := range map[string]struct {
		options editorOptions
		code    int
	}{
		"unknown session":  {editorOptions{token: w.api.Sign("dead"), room: "by-law-7"}, 4001},
		"no right to view": {w.editorOptions("by-law-7", "sid", "suspended"), 4003},
		"no such record":   {w.editorOptions("by-law-8", "ann", "clerk"), 4004},
	} {
		test.options.url = w.server.url()
		page := newPage(t, test.options)
		page.wait(args{"closed": test.code})
		if c := page.status().Closes[0]; c.Code != test.code || c.Reason == "" {
			t.Errorf("%s: closed with %d %q", name, c.Code, c.Reason)
		}
		page.close()
	}

	annsOptions := w.editorOptions("by-law-7", "ann", "clerk")
	ann, bob := openPage(t, annsOptions), openPage(t, w.editorOptions("by-law-7", "bob", "clerk"))
	bob.wait(args{"people": []string{"The ann"}})
	w.api.Revoke(annsOptions.token)
	ann.wait(args{"closed": 4001, "problem": "session expired or revoked"})
	bob.wait(args{"people": []string{}})
	bob.mustBeSound()
}
