package console

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// page is a page of the browser.
type page struct {
	t       *testing.T
	id      string
	worker  *processes.Worker
	excused []string // texts of faults that the test causes
}

// numbers counts pages, whose ids are unique.
var numbers atomic.Int64

// newPage opens an empty page. Options are those of driver.mjs: width, height, scheme, locale, and
// context, the page with which it shares cookies. At the end of the test the page must have no
// faults.
func newPage(t *testing.T, options args) *page {
	t.Helper()
	w, err := theBrowser()
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t: t, id: fmt.Sprintf("%s-%d", t.Name(), numbers.Add(1)), worker: w}
	a := args{"context": p.id}
	for k, v := range options {
		a[k] = v
	}
	p.do("open", a, nil)
	t.Cleanup(p.cleanUp)
	return p
}

func (p *page) cleanUp() {
	p.mustBeFaultless()
	if p.t.Failed() {
		p.tryShot("failed")
	}
	p.do("close", nil, nil)
}

// beside returns another page that shares cookies with p, as a second tab does.
func (p *page) beside() *page { return newPage(p.t, args{"context": p.id}) }

func (p *page) do(cmd string, a args, out any) {
	p.t.Helper()
	message := args{"page": p.id}
	for k, v := range a {
		message[k] = v
	}
	p.worker.Begin(p.t, "page "+p.id, cmd, message).End(out)
}

// place is a place on a page; see places.mjs.
type place = args

func byRole(role, name string) place { return place{"role": role, "name": name} }

func button(name string) place   { return byRole("button", name) }
func link(name string) place     { return byRole("link", name) }
func heading(name string) place  { return byRole("heading", name) }
func byLabel(label string) place { return place{"label": label} }
func byText(text string) place   { return place{"text": text} }

// partly finds names and texts that have a text in them.
func partly(at place) place { return with(at, "part", true) }

// inside finds a place inside of another.
func inside(outer, at place) place { return with(at, "within", outer) }

func nth(at place, n int) place { return with(at, "nth", n) }

func with(at place, key string, value any) place {
	copied := place{key: value}
	for k, v := range at {
		if k != key {
			copied[k] = v
		}
	}
	return copied
}

func (p *page) goes(url string) { p.t.Helper(); p.do("goto", args{"url": url}, nil) }
func (p *page) clicks(at place) { p.t.Helper(); p.do("click", at, nil) }
func (p *page) sees(at place)   { p.t.Helper(); p.do("see", at, nil) }
func (p *page) misses(at place) { p.t.Helper(); p.do("gone", at, nil) }
func (p *page) fills(at place, value string) {
	p.t.Helper()
	p.do("fill", with(at, "value", value), nil)
}
func (p *page) presses(keys ...string) { p.t.Helper(); p.do("press", args{"keys": keys}, nil) }
func (p *page) types(text string)      { p.t.Helper(); p.do("type", args{"value": text}, nil) }

func (p *page) textOf(at place) (text string) {
	p.t.Helper()
	p.do("textOf", at, &text)
	return text
}

func (p *page) textsOf(at place) (texts []string) {
	p.t.Helper()
	p.do("textsOf", at, &texts)
	return texts
}

func (p *page) countOf(at place) (n int) {
	p.t.Helper()
	p.do("countOf", at, &n)
	return n
}

// html returns the page as it is now.
func (p *page) html() (text string) {
	p.t.Helper()
	p.do("html", nil, &text)
	return text
}

// evaluates runs a script in the page, and decodes its result into out.
func (p *page) evaluates(expression string, out any) {
	p.t.Helper()
	p.do("evaluate", args{"expression": expression}, out)
}

// waits waits until an expression is true in the page.
func (p *page) waits(expression string) {
	p.t.Helper()
	p.do("until", args{"expression": expression}, nil)
}

// requests returns the requests that the page has made since the last call.
func (p *page) requests() (list []string) {
	p.t.Helper()
	p.do("requests", nil, &list)
	return list
}

// address returns the URL and the title of the page.
func (p *page) address() (url, title string) {
	p.t.Helper()
	var a struct{ URL, Title string }
	p.do("address", nil, &a)
	return a.URL, a.Title
}

// focus is the element with the focus.
type focus struct {
	Tag, Name string
	Shown     bool // that it has the focus
	Dialog    bool // it is in a dialog
}

func (p *page) focus() (f focus) {
	p.t.Helper()
	p.do("focused", nil, &f)
	return f
}

// excuses makes faults with a text in them count for nothing, as the test causes them.
func (p *page) excuses(texts ...string) { p.excused = append(p.excused, texts...) }

// faults returns the faults that the test has not caused, since the last call.
func (p *page) faults() (list []string) {
	p.t.Helper()
	var all []string
	p.do("faults", nil, &all)
	for _, fault := range all {
		excused := false
		for _, text := range p.excused {
			excused = excused || strings.Contains(fault, text)
		}
		if !excused {
			list = append(list, fault)
		}
	}
	return list
}

func (p *page) mustBeFaultless() {
	p.t.Helper()
	for _, fault := range p.faults() {
		p.t.Errorf("page %s: %s", p.id, fault)
	}
}

// mustBeAccessible checks a page with axe-core.
func (p *page) mustBeAccessible(what string) {
	p.t.Helper()
	var found []string
	p.do("audit", nil, &found)
	for _, f := range found {
		p.t.Errorf("%s: axe: %s", what, f)
	}
}

// mustFit checks that nothing scrolls sideways.
func (p *page) mustFit(what string) {
	p.t.Helper()
	var l struct {
		ScrollWidth, ClientWidth int
		Wide                     json.RawMessage
	}
	p.do("layout", nil, &l)
	if l.ScrollWidth > l.ClientWidth {
		p.t.Errorf("%s: is %d px wide of %d: %s", what, l.ScrollWidth, l.ClientWidth, l.Wide)
	}
}

// screenshots is the folder of pictures that are looked at.
const screenshots = "../../../../bin/screenshots"

var unsafe = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// shot takes a picture of the whole page.
func (p *page) shot(name string) {
	p.t.Helper()
	path, err := filepath.Abs(filepath.Join(screenshots, unsafe.ReplaceAllString(name, "-")+".png"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.do("shot", args{"path": path}, nil)
}

// tryShot takes a picture of a page whose test has failed.
func (p *page) tryShot(name string) { p.shot(name + "-" + p.id) }
