package console

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// tabs presses Tab until the focus is on something with that name, and checks each time that one
// sees where it is.
func (p *page) tabs(name string) {
	p.t.Helper()
	p.moves("Tab", name)
}

// moves presses a key until the focus is on something with that name.
func (p *page) moves(key, name string) {
	p.t.Helper()
	var been []string
	for range 60 {
		p.presses(key)
		f := p.focus()
		if f.Tag != "body" && !f.Shown {
			p.t.Errorf("the focus on %s %q is not seen", f.Tag, f.Name)
		}
		if f.Name == name || strings.HasPrefix(f.Name, name+" ") {
			return
		}
		been = append(been, f.Tag+" "+f.Name)
	}
	p.t.Fatalf("%s does not come to %q, but to %q", key, name, been)
}

// TestKeyboard shows a whole session with the keyboard alone: signing in, finding a room, locking
// it after another thought, keeping a version, reading the document, changing the language, and
// signing out. The focus is seen wherever it is, and is never lost.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	ann := joined(t, s, "ann", "charter", 3)
	ann.write("Dogs on leads.")
	p := newPage(t, nil)
	p.goes("http://" + s.admin + "/")
	p.sees(byLabel("Token"))
	if f := p.focus(); !strings.HasPrefix(f.Name, "Your name") {
		t.Errorf("the focus begins on %+v", f)
	}
	p.types(operator)
	p.presses("Tab")
	p.types(s.token())
	p.presses("Enter")
	p.shows("Overview")

	p.tabs("Skip to the content")
	p.presses("Enter")
	p.mustFocus("Overview")
	p.moves("Shift+Tab", "Rooms")
	p.presses("Enter")
	p.shows("Rooms")
	p.mustFocus("Rooms")
	p.tabs("Loaded")
	p.moves("ArrowRight", "Stored")
	p.moves("ArrowLeft", "Loaded")
	p.tabs("Search rooms")
	p.types("char")
	p.sees(partly(byText("1–1 of 1")))
	p.tabs("record:charter")
	p.presses("Enter")
	p.sees(partly(heading("charter")))
	p.sees(button("Lock"))

	p.tabs("Lock")
	p.presses("Enter")
	p.sees(modal)
	p.presses("Escape")
	p.misses(modal)
	p.mustFocus("Lock")
	p.presses("Enter")
	p.sees(modal)
	if f := p.focus(); f.Name != "Cancel" {
		t.Errorf("the dialog of a dangerous action begins on %+v", f)
	}
	p.moves("Tab", "Lock")
	p.presses("Enter")
	p.misses(modal)
	p.sees(button("Unlock"))
	if !s.room("charter").Locked {
		t.Error("the room is not locked")
	}
	p.mustFocus("Unlock")
	p.tabs("As text")
	p.presses("Enter")
	p.sees(partly(byText("Dogs on leads.")))
	p.tabs("Keep a version")
	p.presses("Space")
	p.sees(modal)
	p.types("by keyboard")
	p.presses("Enter")
	p.misses(modal)
	if names := s.named("charter"); len(names) != 1 || names[0] != "by keyboard" {
		t.Errorf("the versions are %q", names)
	}
	p.moves("Shift+Tab", "Français")
	p.presses("Enter")
	p.sees(button("English"))
	p.mustSpeak("fr")
	p.mustFocus("English")
	p.tabs("Fermer la session")
}

// mustFocus waits until the focus is on something with that name.
func (p *page) mustFocus(name string) {
	p.t.Helper()
	var f focus
	for deadline := 100; deadline > 0; deadline-- {
		if f = p.focus(); f.Name == name || strings.HasPrefix(f.Name, name+" ") {
			return
		}
		p.settles()
	}
	p.t.Errorf("the focus is on %+v, not on %q", f, name)
}

// TestFocusStays shows that pages that are kept up to date leave the focus where it is: on the
// button of a row that is drawn again, and beside one whose row goes while its dialog is open.
func TestFocusStays(t *testing.T) {
	t.Parallel()
	shared := redistest.Start(t)
	s := start(t, fmt.Sprintf("  redis: {enabled: true, url: %q}\n", shared.URL()))
	joined(t, s, "ann", "charter", 3)
	bob := joined(t, s, "bob", "charter", 3)
	p := signedIn(t, s, nil)
	p.goes(s.console("nodes"))
	drain := button("Drain " + s.nodeName())
	p.sees(drain)
	p.do("focus", drain, nil)
	p.asksAgain("/v1/nodes")
	p.mustFocus("Drain " + s.nodeName())

	p.opens("Connections")
	p.clicks(button("Ban bob"))
	p.sees(modal)
	bob.do("leave", nil, nil)
	until(t, "bob is gone", func() bool { return s.room("charter").Peers == 1 })
	p.asksAgain("/v1/connections")
	p.presses("Escape")
	p.misses(button("Ban bob"))
	if f := p.focus(); f.Tag != "button" && f.Tag != "a" {
		t.Errorf("the focus is on %+v", f)
	}
}

// asksAgain waits until the page has asked the server for something once more, and has drawn.
func (p *page) asksAgain(path string) {
	p.t.Helper()
	p.settles()
	p.requests()
	until(p.t, "the page asks for "+path, func() bool {
		return slices.ContainsFunc(p.requests(), func(r string) bool { return strings.Contains(r, path) })
	})
	p.settles()
}
