package console

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// look is a width, a colour scheme and a language in which pages are looked at.
type look struct {
	width, height int
	scheme        string
}

// looks are those of a phone and of a desk.
var looks = []look{{390, 844, "light"}, {390, 844, "dark"}, {1280, 900, "light"}, {1280, 900, "dark"}}

// TestLooks shows that axe-core finds nothing on any page, that none scrolls sideways, and that
// none has a fault, at the widths of a phone and of a desk, in light and dark, in English and in
// French. It leaves a picture of each.
func TestLooks(t *testing.T) {
	t.Parallel()
	s := startTown(t)
	for _, language := range []string{"en", "fr"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			p := newPage(t, args{"locale": language + "-CA"})
			p.goes("http://" + s.admin + "/")
			p.isSeen(language, "sign-in")
			p.fills(place{"css": "input[name=name]"}, operator)
			p.fills(place{"css": "input[name=token]"}, s.token())
			p.presses("Enter")
			p.sees(place{"css": "nav"})
			for _, at := range append([]string{"", "rooms", "rooms?tab=stored", "rooms?tab=locks"}, "connections", "events", "configuration", "webhooks") {
				p.goes(s.console(at))
				p.sees(place{"css": "main h1"})
				p.isSeen(language, "page-"+at)
			}
			p.goes(s.roomPage("by-law-2026-14"))
			p.sees(place{"css": "main h1"})
			p.isSeen(language, "room")
		})
	}
}

// isSeen looks at a page in every way. In French the dark one at a desk is enough.
func (p *page) isSeen(language, name string) {
	p.t.Helper()
	for i, l := range looks {
		if language == "fr" && i != 0 && i != 3 {
			continue
		}
		p.do("resize", args{"width": l.width, "height": l.height, "scheme": l.scheme}, nil)
		p.settles()
		what := fmt.Sprintf("%s-%s-%d-%s", name, language, l.width, l.scheme)
		p.mustFit(what)
		p.mustBeAccessible(what)
		p.shot(what)
	}
}

// startTown starts a server with people in some rooms, versions, a lock, a ban, and an endpoint of
// webhooks that fails.
func startTown(t *testing.T) *server {
	t.Helper()
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	t.Cleanup(endpoint.Close)
	s := start(t, "  webhooks: [{name: town-website, url: '"+endpoint.URL+"', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, allow_private: true}]\n")
	for room, people := range map[string][]string{
		"by-law-2026-14":       {"Amélie Tremblay", "Jean-Marc Gagnon", "Nguyễn Văn An"},
		"council-minutes-2026": {"Louise Bouchard"},
		"a-record-with-a-very-long-name-that-does-not-fit-a-phone-in-one-line-at-all": {"Priya Raman"},
	} {
		for i, name := range people {
			c := joined(t, s, name, room, []any{3, "provider-json", "provider-msgpack"}[i%3])
			c.do("paragraph", args{"text": "Section of " + name + ": a dog in a park is on a lead.", "kind": args{"name": "paragraph"}}, nil)
		}
	}
	s.ask("POST", roomPath("by-law-2026-14")+"/versions", `{"name": "before the meeting"}`, nil)
	s.ask("POST", roomPath("by-law-2026-14")+"/versions", `{"name": ""}`, nil)
	s.ask("POST", roomPath("council-minutes-2026")+"/lock", "", nil)
	s.ask("POST", "/v1/users/mallory/disconnect", `{"for_seconds": 600, "reason": "spam"}`, nil)
	s.ask("POST", "/v1/webhooks/test", `{"endpoint": "town-website"}`, nil)
	return s
}
