package console

import (
	"strings"
	"testing"
)

// operator is the name of who signs in.
const operator = "Odile Operator"

// console returns the address of the console of a server, or of one of its pages: "rooms".
func (s *server) console(page string) string { return "http://" + s.admin + "/console/#/" + page }

// signedIn opens the console of a server, and signs in.
func signedIn(t *testing.T, s *server, options args) *page {
	t.Helper()
	p := newPage(t, options)
	p.signsIn(s)
	return p
}

// signsIn comes by the address that operators type, and signs in.
func (p *page) signsIn(s *server) {
	p.t.Helper()
	p.goes("http://" + s.admin + "/")
	p.fills(byLabel("Your name"), operator)
	p.fills(byLabel("Token"), s.token())
	p.clicks(button("Sign in"))
	p.shows("Overview")
}

// shows waits until the page has a title, in its heading.
func (p *page) shows(title string) {
	p.t.Helper()
	p.sees(with(heading(title), "nth", 0))
}

// opens goes to a page by its link.
func (p *page) opens(name string) {
	p.t.Helper()
	p.clicks(inside(byRole("navigation", "Console"), link(name)))
	p.shows(name)
}

// opensRoom goes to the page of a record's room by its address.
func (p *page) opensRoom(s *server, id string) {
	p.t.Helper()
	p.goes(s.roomPage(id))
	p.sees(partly(heading(id)))
}

func (s *server) roomPage(id string) string {
	return s.console("rooms/" + strings.TrimPrefix(roomPath(id), "/v1/rooms/"))
}

// mustAskForToken checks that the page shows the sign-in, and nothing else.
func (p *page) mustAskForToken() {
	p.t.Helper()
	p.sees(byLabel("Token"))
	if n := p.countOf(byRole("navigation", "Console")); n > 0 {
		p.t.Error("the navigation is shown without a session")
	}
}

// modal is the dialog that is open.
var modal = place{"role": "dialog"}

// notes is where is said what was done.
var notes = byRole("region", "What was done")

// writes returns the requests since the last call that are to change something.
func (p *page) writes() (list []string) {
	p.t.Helper()
	for _, r := range p.requests() {
		if !strings.HasPrefix(r, "GET ") {
			list = append(list, r)
		}
	}
	return list
}

// confirms presses a button that asks before it acts. It is cancelled first, by the button and by
// Escape: both must send nothing, and give the focus back to the button. Then the fields are
// filled, by their labels, and action confirms. What is said after that must have the text.
func (p *page) confirms(at place, action string, fields [][2]string, said string) {
	p.t.Helper()
	p.writes()
	for _, cancel := range []func(){
		func() { p.clicks(inside(modal, button("Cancel"))) },
		func() { p.presses("Escape") },
	} {
		p.clicks(at)
		p.sees(modal)
		cancel()
		p.misses(modal)
		if list := p.writes(); len(list) > 0 {
			p.t.Errorf("%v: cancelled, but sent %s", at, list)
		}
		if f := p.focus(); f.Dialog || f.Tag == "body" {
			p.t.Errorf("%v: after it was cancelled the focus is on %+v", at, f)
		}
	}
	p.clicks(at)
	p.sees(modal)
	for _, f := range fields {
		p.fills(inside(modal, byLabel(f[0])), f[1])
	}
	p.clicks(inside(modal, button(action)))
	p.misses(modal)
	p.says(said)
	if list := p.writes(); len(list) != 1 {
		p.t.Errorf("%v: sent %s", at, list)
	}
}

// says waits until a text is said, and dismisses all that is said.
func (p *page) says(text string) {
	p.t.Helper()
	p.sees(inside(notes, partly(byText(text))))
	for p.countOf(inside(notes, button("Dismiss"))) > 0 {
		p.clicks(nth(inside(notes, button("Dismiss")), 0))
	}
}
