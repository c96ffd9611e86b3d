package e2e

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// play is the playground in a browser.
type play struct {
	t  *testing.T
	w  *processes.Worker
	id int64
}

// openPlay opens the playground, and waits until both of its panes are synced. a has further
// arguments of the driver.
func openPlay(t *testing.T, url string, a args) play {
	t.Helper()
	w, err := theBrowser()
	if err != nil {
		t.Fatal(err)
	}
	p := play{t, w, lastPage.Add(1)}
	if a == nil {
		a = args{}
	}
	a["url"] = url
	p.do("play", a)
	t.Cleanup(p.close)
	p.synced()
	return p
}

// ask gives the driver a command, and stores its result in into.
func (p play) ask(cmd string, a args, into any) {
	p.t.Helper()
	if a == nil {
		a = args{}
	}
	a["page"] = p.id
	p.w.Begin(p.t, "playground", cmd, a).End(into)
}

func (p play) do(cmd string, a args) {
	p.t.Helper()
	p.ask(cmd, a, nil)
}

// close closes the page: one that is left open goes on drawing, and slows down other tests.
func (p play) close() {
	p.w.Begin(p.t, "playground", "close", args{"page": p.id}).End(nil)
}

func (p play) synced() {
	p.t.Helper()
	p.do("synced", args{"side": "left"})
	p.do("synced", args{"side": "right"})
}

// begins puts the caret of a pane at the end of its text, and types; types goes on from there.
func (p play) begins(side, text string) {
	p.t.Helper()
	p.do("putinto", args{"side": side, "text": text, "first": true})
}

func (p play) types(side, text string) {
	p.t.Helper()
	p.do("putinto", args{"side": side, "text": text})
}

// mustBoth waits until both panes have a text.
func (p play) mustBoth(text string) {
	p.t.Helper()
	p.do("both", args{"text": text})
}

// mustBeEqual waits until both panes have the same text, which contains the parts.
func (p play) mustBeEqual(parts ...string) {
	p.t.Helper()
	p.do("equal", args{"parts": parts})
}

// mustBeClean shows that the browser has reported neither an error nor a breach of the page's
// policy.
func (p play) mustBeClean() {
	p.t.Helper()
	var problems []string
	if p.ask("reported", nil, &problems); len(problems) > 0 {
		p.t.Errorf("the browser reports %q", problems)
	}
}

// mustShowTheWire shows that the list has each frame that the browser has sent and received, with
// its bytes, and returns the words of all.
func (p play) mustShowTheWire() (words []string) {
	p.t.Helper()
	var got struct {
		Count int
		Words []string
	}
	if p.ask("compared", nil, &got); got.Count < 8 {
		p.t.Errorf("only %d frames were compared", got.Count)
	}
	return got.Words
}

// mustSay shows that the words of a frame begin with one text and contain another.
func mustSay(t *testing.T, words []string, begin, part string) {
	t.Helper()
	if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, begin) && strings.Contains(w, part) }) {
		t.Errorf("no frame is %q with %q; there are\n%s", begin, part, strings.Join(words, "\n"))
	}
}

// TestPlayground shows that two panes edit each other's rich text, each with the other's name and
// caret, that formatting arrives, and pasted HTML, and that the frames are those on the wire, each
// in words.
func TestPlayground(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := openPlay(t, "http://"+s.addr+"/", nil)
	p.begins("left", "Dogs go on leads")
	p.mustBoth("Dogs go on leads")
	p.do("people", args{"side": "left", "count": 1})
	p.do("people", args{"side": "right", "count": 1})
	p.do("carets", args{"side": "right", "of": "left"})
	p.do("format", args{"side": "left", "name": "Bold"})
	p.do("has", args{"side": "right", "selector": "strong"})
	p.begins("right", "\nCats do not")
	p.do("format", args{"side": "right", "name": "List"})
	p.do("has", args{"side": "left", "selector": "ul li"})
	p.do("carets", args{"side": "left", "of": "right"})
	p.do("paste", args{"side": "left", "html": "<h2>Birds</h2><p>sing<script>alert(2)</script></p>"})
	p.do("has", args{"side": "right", "selector": "h2"})
	p.mustBeEqual("Dogs go on", "Birds")
	words := p.mustShowTheWire()
	mustSay(t, words, "Sync step 1", "knows nothing yet")
	mustSay(t, words, "Sync step 2", "")
	mustSay(t, words, "Update", "inserts “")
	mustSay(t, words, "Update", "begins strong")
	mustSay(t, words, "Awareness", "caret of ")
	mustSay(t, words, "Room state", "version 0")
	mustSay(t, words, "Acknowledged", "stored")
	p.mustBeClean()
}

// TestPlaygroundLabels shows that the name beside a caret is shown for a moment only, and again
// when its person types, in both editors.
func TestPlaygroundLabels(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := openPlay(t, "http://"+s.addr+"/", nil)
	for _, mode := range []string{"Rich text", "Plain text"} {
		p.do("mode", args{"name": mode})
		p.begins("left", "Dogs")
		p.do("has", args{"side": "right", "selector": ".caret:not(.quiet)"})
		p.do("has", args{"side": "right", "selector": ".caret.quiet"})
		p.types("left", " go")
		p.do("has", args{"side": "right", "selector": ".caret:not(.quiet)"})
	}
	p.mustBeClean()
}

// TestPlaygroundPlainText shows the same of plain text, and that going back to rich text shows what
// was there.
func TestPlaygroundPlainText(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := openPlay(t, "http://"+s.addr+"/#by-law-7", nil)
	p.begins("right", "Rich.")
	p.mustBoth("Rich.")
	p.do("mode", args{"name": "Plain text"})
	p.mustBoth("")
	p.begins("left", "Dogs go on leads.\nCats do not.")
	p.mustBoth("Dogs go on leads.\nCats do not.")
	p.do("carets", args{"side": "right", "of": "left"})
	p.begins("right", " Birds neither.")
	p.mustBoth("Dogs go on leads.\nCats do not. Birds neither.")
	p.do("carets", args{"side": "left", "of": "right"})
	p.types("left", " Ever.")
	p.mustBeEqual("Birds neither.", "Ever.")
	p.mustShowTheWire()
	p.do("mode", args{"name": "Rich text"})
	p.mustBoth("Rich.")
	p.mustBeClean()
}

// TestPlaygroundCutOff shows that a pane that is cut off has no connection, that both panes are
// written meanwhile, each without the other's text, that the edits which wait are counted, and that
// both have everything when it joins again; for each pane, and for both at once.
func TestPlaygroundCutOff(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, cut := range [][]string{{"left"}, {"right"}, {"left", "right"}} {
		p := openPlay(t, "http://"+s.addr+"/#"+strings.Join(cut, "-"), nil)
		p.begins("left", "Together.")
		p.mustBoth("Together.")
		for _, side := range cut {
			p.do("button", args{"side": side, "name": "Cut off"})
			p.do("state", args{"side": side, "text": "Cut off"})
			p.do("people", args{"side": side, "count": 0})
		}
		p.do("sockets", args{"count": 2 - len(cut)})
		p.begins("left", " Left")
		p.begins("right", " Right")
		p.do("one", args{"side": "left", "text": "Together. Left"})
		p.do("one", args{"side": "right", "text": "Together. Right"})
		for _, side := range cut {
			p.do("state", args{"side": side, "text": map[string]string{"left": "5 edits wait", "right": "6 edits wait"}[side]})
		}
		for _, side := range cut {
			p.do("button", args{"side": side, "name": "Join again"})
		}
		p.synced()
		p.mustBeEqual("Together.", " Left", " Right")
		p.do("sockets", args{"count": 2})
		for _, side := range []string{"left", "right"} {
			p.do("state", args{"side": side, "text": "Synced"})
		}
		p.mustShowTheWire()
		p.mustBeClean()
	}
}

// TestPlaygroundAfterRestart shows that a page comes back by itself after a restart of the server,
// with what was written meanwhile, and that the text is there for a page that is opened then.
func TestPlaygroundAfterRestart(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := openPlay(t, "http://"+s.addr+"/", nil)
	p.begins("left", "Before.")
	p.mustBoth("Before.")
	s.terminate()
	for _, side := range []string{"left", "right"} {
		p.do("state", args{"side": side, "text": "trying again"})
	}
	p.begins("left", " Meanwhile.")
	s = s.restart()
	p.synced()
	p.mustBoth("Before. Meanwhile.")
	p.mustShowTheWire()
	late := openPlay(t, "http://"+s.addr+"/try/", nil)
	late.mustBoth("Before. Meanwhile.")
	late.mustBeClean()
}

// TestPlaygroundWindows shows that two windows, over TLS and compressed, are four editors of one
// document, in which everybody sees everybody; that another document is another one; and that the
// program for it is right also if its name has a quote.
func TestPlaygroundWindows(t *testing.T) {
	t.Parallel()
	s, _, _ := startTLS(t)
	url := "https://" + s.addr + "/"
	ann, bob, other := openPlay(t, url, nil), openPlay(t, url, nil), openPlay(t, url+"#l'autre", nil)
	ann.begins("left", "Ann.")
	bob.mustBoth("Ann.")
	bob.begins("right", " Bob.")
	ann.mustBoth("Ann. Bob.")
	for _, p := range []play{ann, bob} {
		p.do("people", args{"side": "left", "count": 3})
		p.do("people", args{"side": "right", "count": 3})
		p.mustShowTheWire()
		p.mustBeClean()
	}
	other.mustBoth("")
	other.do("sees", args{"text": "'l%27autre', doc)"})
	other.do("people", args{"side": "left", "count": 1})
}

// TestPlaygroundFrames shows that the list of frames can be filtered, paused and cleared.
func TestPlaygroundFrames(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := openPlay(t, "http://"+s.addr+"/", nil)
	p.begins("left", "Dogs")
	p.mustBoth("Dogs")
	count := func() (n int) {
		p.ask("count", nil, &n)
		return n
	}
	all := count()
	p.do("choose", args{"label": "Editor", "value": "right"})
	right := count()
	p.do("choose", args{"label": "Kind", "value": "document"})
	documents := count()
	if documents == 0 || documents >= right || right >= all {
		t.Errorf("of %d rows %d are of the right pane, %d of them of the document", all, right, documents)
	}
	p.do("choose", args{"label": "Editor", "value": "all"})
	p.do("choose", args{"label": "Kind", "value": "all"})
	p.do("press1", args{"name": "Pause"})
	before := count()
	p.begins("left", " and cats")
	p.mustBoth("Dogs and cats")
	if after := count(); after != before {
		t.Errorf("while paused %d rows become %d", before, after)
	}
	p.do("press1", args{"name": "Clear"})
	if n := count(); n != 0 {
		t.Errorf("%d rows after clearing", n)
	}
	p.do("press1", args{"name": "Pause"})
	p.begins("left", ".")
	p.mustBoth("Dogs and cats.")
	if n := count(); n == 0 {
		t.Error("no rows after the pause")
	}
}

// screenshots is the folder for pictures of the pages that the tests have seen.
const screenshots = "../../../bin/screenshots"

// inFrench and inEnglish are the words that TestPlaygroundLooks finds things by.
var (
	inFrench  = map[string]string{"Bold": "Gras", "Cut off": "Couper", "waits": "en attente", "Plain text": "Texte brut"}
	inEnglish = map[string]string{"Bold": "Bold", "Cut off": "Cut off", "waits": "waits", "Plain text": "Plain text"}
)

// TestPlaygroundLooks shows that axe-core finds nothing on the page, with both editors, frames
// opened and a pane cut off, at the width of a phone and of a desk, light and dark, in both
// languages; that nothing is wider than the window; and leaves pictures.
func TestPlaygroundLooks(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := os.MkdirAll(screenshots, 0o755); err != nil {
		t.Fatal(err)
	}
	folder, err := filepath.Abs(screenshots)
	if err != nil {
		t.Fatal(err)
	}
	for _, look := range []struct {
		name, scheme, locale string
		width                int
	}{
		{"desk-light", "light", "en-CA", 1280}, {"desk-dark", "dark", "en-CA", 1280},
		{"phone-light", "light", "en-CA", 390}, {"phone-dark", "dark", "en-CA", 390},
		{"desk-french", "light", "fr-CA", 1280}, {"phone-french", "dark", "fr-CA", 390},
	} {
		word := inEnglish
		if look.locale == "fr-CA" {
			word = inFrench
		}
		p := openPlay(t, "http://"+s.addr+"/#"+look.name, args{"width": look.width, "scheme": look.scheme, "locale": look.locale})
		p.begins("left", "Dogs go on leads")
		p.do("format", args{"side": "left", "name": word["Bold"]})
		p.mustBoth("Dogs go on leads")
		p.begins("right", ".\nCats do not.")
		p.mustBeEqual("Cats do not.")
		p.do("carets", args{"side": "left", "of": "right"})
		p.do("unfold", nil)
		p.mustLookWell(filepath.Join(folder, "playground-"+look.name+".png"))
		p.do("button", args{"side": "left", "name": word["Cut off"]})
		p.types("left", "!")
		p.do("state", args{"side": "left", "text": word["waits"]})
		p.mustLookWell(filepath.Join(folder, "playground-"+look.name+"-cut-off.png"))
		p.do("mode", args{"name": word["Plain text"]})
		p.begins("right", "Plain text.")
		p.mustLookWell(filepath.Join(folder, "playground-"+look.name+"-plain.png"))
		p.mustBeClean()
	}
}

// mustLookWell shows that axe-core finds nothing, and that the page does not scroll sideways; it
// leaves a picture.
func (p play) mustLookWell(file string) {
	p.t.Helper()
	p.do("screenshot", args{"file": file})
	var found []string
	if p.ask("axe", nil, &found); len(found) > 0 {
		p.t.Errorf("%s: axe-core finds\n%s", filepath.Base(file), strings.Join(found, "\n"))
	}
	var wider int
	if p.ask("overflow", nil, &wider); wider > 0 {
		p.t.Errorf("%s: the page is %d pixels wider than its window", filepath.Base(file), wider)
	}
}

// TestPlaygroundKeyboard shows that everything can be reached by keyboard, in the order of the
// page, and that Tab leaves an editor.
func TestPlaygroundKeyboard(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := openPlay(t, "http://"+s.addr+"/", nil)
	var names []string
	p.ask("tabs", args{"until": "Copy"}, &names)
	at := 0
	for _, want := range []string{"Skip", "Language", "Document", "Open", "Rich text", "Open a second window", "Cut off", "Bold", "Text of", "Cut off", "Bold", "Text of", "Editor", "Kind", "Pause", "Clear", "List of frames", "Program", "Copy"} {
		for at < len(names) && !strings.HasPrefix(names[at], want) {
			at++
		}
		if at == len(names) {
			t.Fatalf("%q is not reached, or not in its place, of %q", want, names)
		}
		at++
	}
}

// TestPlaygroundBundle shows that the script of the playground, and the list of licenses, are made
// of their source and the packages of these tests. make playground makes them anew.
func TestPlaygroundBundle(t *testing.T) {
	t.Parallel()
	made := t.TempDir()
	if _, err := nodeworker.Run(context.Background(), "editor/playground.mjs", made); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bundle.js", "licenses.txt"} {
		got, err := os.ReadFile(filepath.Join(made, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("../../../transport/playground", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what its source makes: run make playground; %v", name, err)
		}
	}
}
