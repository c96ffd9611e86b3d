package e2e

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// TestHocuspocus shows that a client of another protocol, Hocuspocus' real provider, is closed with
// the reason at once, whatever its document is called.
func TestHocuspocus(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, test := range []struct{ name, token string }{{"by-law-7", ""}, {"by-law-7", "secret"}, {"abc", ""}, {"a", "secret"}} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		out, err := nodeworker.Run(ctx, "hocuspocus.mjs", s.url()+"/by-law-7", test.name, test.token)
		if err != nil {
			t.Fatal(err)
		}
		var why struct {
			Code   int
			Reason string
		}
		if err := json.Unmarshal(out, &why); err != nil || why.Code != 4400 || !strings.Contains(why.Reason, "y-websocket") {
			t.Errorf("%+v: closed with %s", test, out)
		}
	}
}
