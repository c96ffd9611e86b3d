package e2e

import (
	"encoding/json"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// author is a user with an editor: a page of the browser, or y-prosemirror in a Node process of its
// own. editor/editor.mjs has the commands of both.
type author struct {
	t      *testing.T
	name   string // the user's name in the token
	worker *processes.Worker
	page   int64 // 0: the worker is for this editor alone
	gone   bool
}

// editorOptions determine where and how an editor is opened.
type editorOptions struct {
	url, room, token string
	name             string
	clientID         uint64 // of the Y.Doc; 0: a random one
	version          any    // of y-websocket, for a page with a provider only; nil: an editor
	busy             int    // milliseconds for which the page is busy after it connects
}

var lastPage atomic.Int64

// openPage opens a page of the browser, and waits until it has the record.
func openPage(t *testing.T, where editorOptions) *author {
	t.Helper()
	e := newPage(t, where)
	e.wait(args{"synced": true})
	return e
}

// newPage opens a page of the browser, which may be refused.
func newPage(t *testing.T, where editorOptions) *author {
	t.Helper()
	w, err := theBrowser()
	if err != nil {
		t.Fatal(err)
	}
	return openIn(t, w, lastPage.Add(1), where)
}

// openNode opens an editor without a browser, and waits until it has the record.
func openNode(t *testing.T, where editorOptions) *author {
	t.Helper()
	dir, err := bundles()
	if err != nil {
		t.Fatal(err)
	}
	w, err := startWorker(where.name, filepath.Join(dir, "node.cjs"))
	if err != nil {
		t.Fatal(err)
	}
	e := openIn(t, w, 0, where)
	e.wait(args{"synced": true})
	return e
}

func openIn(t *testing.T, w *processes.Worker, page int64, where editorOptions) *author {
	t.Helper()
	e := &author{t: t, name: where.name, worker: w, page: page}
	t.Cleanup(e.cleanUp)
	user := args{"name": "Impostor", "color": "#123456"}
	e.do("open", args{"url": where.url, "room": where.room, "token": where.token, "user": user, "clientID": where.clientID, "busy": where.busy, "version": where.version}, nil)
	return e
}

func (e *author) cleanUp() {
	if e.t.Failed() {
		e.t.Logf("stderr of %s's %s:\n%s", e.name, e.worker.Name, e.worker.Log.Tail(30))
	}
	if e.page == 0 {
		e.worker.Kill()
		<-e.worker.Ended
	} else if !e.gone {
		e.begin("close", nil) // without waiting for the reply
	}
}

func (e *author) begin(cmd string, a args) processes.Call {
	e.t.Helper()
	all := args{"page": e.page}
	for k, v := range a {
		all[k] = v
	}
	return e.worker.Begin(e.t, e.name, cmd, all)
}

func (e *author) do(cmd string, a args, out any) {
	e.t.Helper()
	e.begin(cmd, a).End(out)
}

// after puts the caret after the first text block's first occurrence of text, lastly after the last
// block's; selects selects the text.
func (e *author) after(text string) *author   { e.t.Helper(); return e.at("after", text) }
func (e *author) lastly(text string) *author  { e.t.Helper(); return e.at("lastly", text) }
func (e *author) selects(text string) *author { e.t.Helper(); return e.at("select", text) }

func (e *author) at(cmd, text string) *author {
	e.t.Helper()
	e.do(cmd, args{"text": text}, nil)
	return e
}

// types presses a key for each character.
func (e *author) types(text string) *author {
	e.t.Helper()
	e.do("type", args{"text": text}, nil)
	return e
}

// presses presses keys by their names, such as "Control+b".
func (e *author) presses(keys ...string) *author {
	e.t.Helper()
	e.do("press", args{"keys": keys}, nil)
	return e
}

// wait waits until all conditions hold; editor/conditions.mjs has the list.
func (e *author) wait(until args) {
	e.t.Helper()
	e.waitFor(patience, until)
}

func (e *author) waitFor(deadline time.Duration, until args) {
	e.t.Helper()
	e.do("wait", args{"until": until, "deadline": deadline.Milliseconds()}, nil)
}

// close closes the page, or ends the process, in an orderly way.
func (e *author) close() {
	e.t.Helper()
	e.do("close", nil, nil)
	e.gone = true
}

// crash crashes the page's process.
func (e *author) crash() {
	e.t.Helper()
	e.do("crash", nil, nil)
}

// document returns the document that the editor shows, as ProseMirror's JSON.
func (e *author) document() (doc json.RawMessage) {
	e.t.Helper()
	e.do("document", nil, &doc)
	return doc
}

// authorStatus describes the past and present of an editor.
type authorStatus struct {
	Connects int      `json:"connects"`
	Closes   []closed `json:"closes"`
	Problems []string `json:"problems"`
	Faithful bool     `json:"faithful"` // the editor shows the content of the document
	Texts    int      `json:"texts"`    // text frames received, of a page with a provider only
	Silent   float64  `json:"silent"`   // milliseconds after connecting until it could send
}

func (e *author) status() (s authorStatus) {
	e.t.Helper()
	e.do("status", nil, &s)
	return s
}

// mustBeSound checks that neither the editor nor its libraries have thrown or complained.
func (e *author) mustBeSound() {
	e.t.Helper()
	if st := e.status(); len(st.Problems) > 0 || !st.Faithful {
		e.t.Errorf("%s's editor: %+v", e.name, st)
	}
}

// mustAllShow waits until all authors have this text, and checks that their documents are equal.
func mustAllShow(t *testing.T, markdown string, authors ...*author) {
	t.Helper()
	for _, e := range authors {
		e.wait(args{"markdown": markdown})
	}
	for _, e := range authors {
		if a, b := string(authors[0].document()), string(e.document()); a != b {
			a, b = difference(a, b)
			t.Errorf("%s and %s see different documents:\n%s\n%s", authors[0].name, e.name, a, b)
		}
		e.mustBeSound()
	}
}
