package console

import (
	"net/http"
	"strings"
	"testing"
)

// TestSignIn shows that an operator who types a wrong token is told so, and sees nothing; that the
// right one opens the console, also after a reload and in a second tab; and that signing out ends
// the session everywhere, also for the cookie that there was.
func TestSignIn(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	p := newPage(t, nil)
	p.excuses("401")
	p.goes("http://" + s.admin + "/")
	p.mustAskForToken()
	if url, title := p.address(); !strings.HasSuffix(url, s.admin+"/console/") || !strings.Contains(title, "Sign in") {
		t.Errorf("%s is titled %q", url, title)
	}
	p.mustBeAccessible("sign-in")
	p.fills(byLabel("Your name"), operator)
	p.fills(byLabel("Token"), "not-"+s.token())
	p.clicks(button("Sign in"))
	p.sees(byText("The token is wrong."))
	p.mustAskForToken()

	p.fills(byLabel("Token"), s.token())
	p.presses("Enter")
	p.shows("Overview")
	p.sees(byText(operator))
	p.do("reload", nil, nil)
	p.shows("Overview")
	second := p.beside()
	second.excuses("401")
	second.goes(s.console("configuration"))
	second.shows("Configuration")

	cookie := p.cookie(s)
	if status, _ := s.request("GET", "/v1/status", "", "Cookie", cookie); status != http.StatusOK {
		t.Errorf("the cookie is answered %d", status)
	}
	p.clicks(button("Sign out"))
	p.mustAskForToken()
	if status, _ := s.request("GET", "/v1/status", "", "Cookie", cookie); status != http.StatusUnauthorized {
		t.Errorf("after signing out the cookie is answered %d", status)
	}
	second.clicks(link("Rooms"))
	second.mustAskForToken()
	for _, leaked := range []string{s.token(), sessionOf(cookie)} {
		if strings.Contains(s.log.String(), leaked) {
			t.Error("the log has a token or a session")
		}
	}
}

// cookieName returns the name of the console's cookie. It has the port, as cookies of a host are
// those of all its ports.
func (s *server) cookieName() string {
	_, port, _ := strings.Cut(s.admin, ":")
	return "civic_realtime_console_" + port
}

// sessionOf returns the value of a cookie.
func sessionOf(cookie string) string {
	_, value, _ := strings.Cut(cookie, "=")
	return value
}

// cookie returns the session's cookie as a header has it, and checks how it is kept.
func (p *page) cookie(s *server) string {
	p.t.Helper()
	var all []struct {
		Name, Value, SameSite, Path string
		HTTPOnly                    bool
	}
	p.do("cookies", nil, &all)
	if len(all) != 1 || all[0].Name != s.cookieName() || all[0].SameSite != "Strict" || !all[0].HTTPOnly || all[0].Path != "/" {
		p.t.Fatalf("the cookies are %+v", all)
	}
	return all[0].Name + "=" + all[0].Value
}

// TestSessionEnds shows that a page whose session has ended at the server shows the sign-in as soon
// as it asks for something, says why, and nothing of what it showed before: a page that is kept up
// to date by itself, and one that asks for nothing, the configuration, when it is left.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	joined(t, s, "ann", "charter", 3)
	p := signedIn(t, s, nil)
	p.excuses("401")
	p.opensRoom(s, "charter")
	s.endsSession(p.cookie(s))
	p.mustHaveEnded("charter", "ann")
	p.fills(byLabel("Token"), s.token())
	p.clicks(button("Sign in"))
	p.sees(partly(heading("charter")))

	p.opens("Configuration")
	p.sees(partly(byText(s.dir)))
	s.endsSession(p.cookie(s))
	p.clicks(link("Connections"))
	p.mustHaveEnded(s.dir)
	p.fills(byLabel("Token"), s.token())
	p.clicks(button("Sign in"))
	p.shows("Connections")
}

// endsSession ends a session at the server, and not by its page.
func (s *server) endsSession(cookie string) {
	s.t.Helper()
	status, _ := s.request("DELETE", "/console/session", "", "Cookie", cookie, "Origin", "http://"+s.admin)
	if status != http.StatusNoContent {
		s.t.Fatalf("ending the session is answered %d", status)
	}
}

// mustHaveEnded checks that the page asks for the token, and why, and has none of the texts.
func (p *page) mustHaveEnded(texts ...string) {
	p.t.Helper()
	p.mustAskForToken()
	p.sees(byText("Your session has ended. Sign in again."))
	html := p.html()
	for _, text := range texts {
		if strings.Contains(html, text) {
			p.t.Errorf("the sign-in shows %q, which was behind it: %.2000s", text, html)
		}
	}
}

// TestSessionEndsInThePlayground shows that the console's playground says that the session has
// ended, stays away with both panes and leads to the sign-in, and that panes join again after it.
func TestSessionEndsInThePlayground(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	p := signedIn(t, s, nil)
	play := p.beside()
	play.excuses("401", "WebSocket")
	play.goes("http://" + s.admin + "/console/playground/")
	play.waits("document.querySelectorAll('[data-state=synced]').length === 2")
	p.clicks(button("Sign out"))
	p.mustAskForToken()
	play.sees(partly(byText("Your session has ended")))
	play.waits("document.querySelectorAll('[data-state=offline]').length === 2")
	play.sees(link("Sign in to the console"))
	play.mustBeAccessible("playground without a session")
	p.signsIn(s)
	play.clicks(nth(partly(button("Join again")), 0))
	play.waits("document.querySelectorAll('[data-state=synced]').length === 1")
	play.misses(partly(byText("Your session has ended")))
}

// TestLanguages shows that the console speaks the browser's language, English or French, that it
// can be switched and that the choice is kept.
func TestLanguages(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	p := newPage(t, args{"locale": "fr-CA"})
	p.goes("http://" + s.admin + "/")
	p.sees(byLabel("Jeton"))
	p.fills(byLabel("Jeton"), s.token())
	p.fills(place{"css": "input[name=name]"}, operator)
	p.presses("Enter")
	p.sees(button("English"))
	p.mustSpeak("fr")
	p.clicks(button("English"))
	p.shows("Overview")
	p.mustSpeak("en")
	p.do("reload", nil, nil)
	p.shows("Overview")
	p.clicks(button("Français"))
	p.sees(button("English"))
	p.mustSpeak("fr")
}

func (p *page) mustSpeak(language string) {
	p.t.Helper()
	var lang string
	p.evaluates("document.documentElement.lang", &lang)
	if !strings.HasPrefix(lang, language) {
		p.t.Errorf("the page's language is %q, not %q", lang, language)
	}
}
