package console

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// figures are the charts of the overview, with the members of /v1/status or the metrics that they
// show.
var figures = []string{"People", "Connections", "Rooms", "Updates", "Latency", "Commit time", "Memory", "Failing saves", "Refusals"}

// figure is the place of a figure's number.
func figure(name string) place {
	return place{"css": `section.figure:has(h2:text-is("` + name + `")) .figure-value`}
}

// showsFigure waits until a figure is a number.
func (p *page) showsFigure(name, want string) {
	p.t.Helper()
	p.sees(place{"css": `section.figure:has(h2:text-is("` + name + `")) .figure-value:text-is("` + want + `")`})
}

// TestOverview shows that the figures of the overview are those of the API and of the metrics, that
// they follow as people come, type and go, without a reload and with one stream, and that each has
// a chart that is drawn, and can be read as a table.
func TestOverview(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	ann := joined(t, s, "ann", "charter", 3)
	p := signedIn(t, s, nil)
	for _, name := range []string{"People", "Connections", "Rooms"} {
		p.showsFigure(name, "1")
	}
	p.sees(byText("Live"))
	p.requests()
	bob := joined(t, s, "bob", "charter", "provider-json")
	joined(t, s, "cas", "budget", "provider-msgpack")
	p.showsFigure("People", "3")
	p.showsFigure("Connections", "3")
	p.showsFigure("Rooms", "2")
	var status struct {
		Rooms, Peers int
	}
	s.ask("GET", "/v1/status", "", &status)
	if status.Rooms != 2 || status.Peers != 3 {
		t.Errorf("the API says %+v", status)
	}
	if n := s.metric("realtime_connections"); n != 3 {
		t.Errorf("the metrics say %v connections", n)
	}
	ann.write("Dogs on leads.")
	bob.shows("Dogs on leads.")
	for _, name := range []string{"Latency", "Commit time", "Updates"} {
		until(t, name+" is a number", func() bool {
			ann.write("And cats. ") // of the updates only those of the last sample are shown
			return p.countOf(place{"css": `section.figure:has(h2:text-is("` + name + `")) .figure-value:text-matches("[1-9]")`}) > 0
		})
	}
	bob.do("leave", nil, nil)
	p.showsFigure("People", "2")
	for _, r := range p.requests() {
		if !strings.Contains(r, "/v1/") || strings.Contains(r, "/v1/live") {
			t.Errorf("the figures were followed by %s", r)
		}
	}
	for _, name := range figures {
		p.mustHaveChart(name)
	}
}

// mustHaveChart checks that a chart has a line, and its table rows.
func (p *page) mustHaveChart(name string) {
	p.t.Helper()
	section := place{"css": `section.figure:has(h2:text-is("` + name + `"))`}
	var line string
	p.do("attribute", with(inside(section, place{"css": "svg path.series"}), "attribute", "d"), &line)
	if !regexp.MustCompile(`^M[\d.]+ [\d.]+`).MatchString(line) {
		p.t.Errorf("the chart %s is drawn as %q", name, line)
	}
	p.clicks(inside(section, place{"css": "summary"}))
	p.sees(inside(section, place{"css": "table"}))
	if n := p.countOf(inside(section, place{"css": "tbody tr"})); n == 0 {
		p.t.Errorf("the table of %s is empty", name)
	}
}

// metric returns the value of a metric, 0 if it does not exist.
func (s *server) metric(name string) float64 {
	s.t.Helper()
	_, text := s.request("GET", "/metrics", "", "Authorization", "Bearer "+s.token())
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (.+)$`).FindStringSubmatch(text)
	if found == nil {
		return 0
	}
	v, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// TestStreamLost shows that the overview says so while the server is away, keeps its figures, and
// goes on by itself when the server is there again: with a new session if that has ended with the
// process.
func TestStreamLost(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	ann := joined(t, s, "ann", "charter", 3)
	p := signedIn(t, s, nil)
	p.excuses("ERR_", "401", "EventSource")
	p.showsFigure("People", "1")
	s.terminate()
	p.sees(byText("Connection lost"))
	if n := p.countOf(figure("People")); n != 1 {
		t.Error("the figures are gone")
	}
	s.restart()
	ann.wait(args{"connects": 2, "synced": true})
	p.waits(`document.querySelector('input[name=token]') || document.body.innerText.includes('Live')`)
	if p.countOf(byLabel("Token")) > 0 {
		p.fills(byLabel("Token"), s.token())
		p.clicks(button("Sign in"))
	}
	p.sees(byText("Live"))
	p.showsFigure("People", "1")
}
