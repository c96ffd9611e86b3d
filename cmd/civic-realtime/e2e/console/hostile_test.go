package console

import (
	"net/url"
	"strings"
	"testing"
)

// harmful is markup that would run a script, as text of every kind; ran is what it would set. The
// last characters turn the direction of all that follows, unless it is isolated.
const harmful = `<img src=x onerror="window.ran=1"><svg onload=window.ran=1>"'&lt;<script>window.ran=1<script>{{ran}}${ran}` + "\u202e\u2066"

// closing is the end of a script, which the id of a record cannot have.
const closing = `</script></textarea></title><script>window.ran=1</script>`

// harmfulLink is a link that would run a script when it is followed.
const harmfulLink = "javascript:window.ran=1"

// hostileRooms are the ids of rooms: markup, 255 bytes of emoji, text that goes from right to left,
// and names that mean something in a path, an address or an object.
var hostileRooms = []string{
	harmful,
	strings.Repeat("👩‍🚀", 23) + "é",
	"\u202egnp.exe הצעה לשינוי תקנון العربية",
	"100%", "%2e%2e%2f?x=1&y#z", "__proto__", "a  b+c;d", `javascript:window.ran=1`, strings.Repeat("W", 255),
}

// TestHostileNames shows that names of rooms, users and versions, notices, reasons, awareness
// states and texts of documents are shown as text on every page, whatever they are: nothing in them
// runs, is followed or loaded, and no page becomes wider than a phone.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	s := start(t, withDocuments(t))
	for _, room := range hostileRooms {
		if len(room) > 255 {
			t.Fatalf("%q has %d bytes", room, len(room))
		}
		joined(t, s, "ann", room, 3)
	}
	if status := s.creates(closing, harmful+closing); status >= 300 {
		t.Fatalf("a document is created with %d", status)
	}
	room := hostileRooms[0]
	mallory := joined(t, s, harmful+closing, room, "provider-json")
	mallory.do("presence", args{"state": args{"name": closing, "user": args{"name": closing, "color": "red;} * {display:none", "href": harmfulLink}, "x": harmful}}, nil)
	mallory.write(harmful + closing + harmfulLink)
	mallory.do("paragraph", args{
		"text": harmful + closing, "kind": args{"name": "heading", "level": harmful, "onclick": "window.ran=1", "src": harmfulLink},
		"marks": args{"link": args{"href": harmfulLink, "title": closing}},
	}, nil)
	mallory.wait(args{"saved": true})
	as := []string{"Authorization", "Bearer " + s.token(), "Admin-Name", url.PathEscape(closing)}
	for _, order := range [][3]string{
		{"POST", roomPath(room) + "/versions", `{"name": ` + quoted(harmful+closing) + `}`},
		{"POST", roomPath(room) + "/notice", `{"text": ` + quoted(harmful+closing) + `}`},
		{"POST", roomPath(hostileRooms[1]) + "/lock", ""},
		{"POST", "/v1/users/" + url.PathEscape(harmful) + "/disconnect", `{"for_seconds": 600, "reason": ` + quoted(closing) + `}`},
	} {
		if status, text := s.request(order[0], order[1], order[2], as...); status >= 300 {
			t.Errorf("%s: %d %s", order, status, text)
		}
	}
	p := signedIn(t, s, args{"width": 390, "height": 844})
	for _, name := range []string{"", "rooms", "connections", "events", "configuration", "webhooks", "nodes"} {
		p.goes(s.console(name))
		p.sees(place{"css": "main h1"})
		p.settles()
		p.mustBeHarmless(name)
	}
	p.goes(s.console("rooms/" + url.PathEscape(closing)))
	p.sees(place{"css": "main h1"})
	p.settles()
	p.mustBeHarmless(closing)
	for i, room := range hostileRooms {
		p.goes(s.roomPage(room))
		p.sees(place{"css": "main h1"})
		p.settles()
		p.mustBeHarmless(room)
		if title := p.textOf(place{"css": "main h1"}); i != 2 && i != 6 && !strings.Contains(strings.ReplaceAll(title, "\n", ""), room[:3]) {
			t.Errorf("the room %q is headed %q", room, title)
		}
	}
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// settles waits until the page has no request on its way, and has drawn.
func (p *page) settles() {
	p.t.Helper()
	p.do("settle", nil, nil)
}

// injected finds elements and attributes that only harmful texts would have made.
const injected = `[...document.querySelectorAll('*')].filter(at => at.matches('img[src="x"], main svg[onload], body script, base, iframe, object, embed') ||
  [...at.attributes].some(({ name, value }) => name.startsWith('on') || /^\s*javascript:/i.test(value) && ['href', 'src', 'action', 'formaction'].includes(name))).map(at => at.outerHTML.slice(0, 200))`

// mustBeHarmless checks that nothing has run, that no element has come of a text, and that the page
// is not too wide.
func (p *page) mustBeHarmless(what string) {
	p.t.Helper()
	var found []string
	p.evaluates(injected, &found)
	var ran bool
	p.evaluates("'ran' in window", &ran)
	if ran || len(found) > 0 {
		p.t.Errorf("%.40q: ran %t, injected %q", what, ran, found)
	}
	p.mustFit(what)
}
