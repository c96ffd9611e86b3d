package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/contents/wordstest"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// program edits a document over HTTP, by tokens like those of a TokenTypist.
type program struct {
	t     *testing.T
	addrs []string // of servers, any of which answers
	room  string
	name  string
	key   string // empty: none is needed
	rnd   *rand.Rand

	next     int
	tag      string // of the text that was read last
	text     string
	written  []string        // tokens
	maybe    map[string]bool // tokens of edits that may have been made
	removed  map[string]bool // tokens that the last restoration with them has removed
	restored int             // tokens that restorations have removed, or brought back
	kept     []string        // ids of versions
	words    *wordstest.Reader
	counts   map[string]int
}

func newProgram(t *testing.T, addrs []string, room, name string, seed int) *program {
	return &program{
		t: t, addrs: addrs, room: room, name: name, rnd: rand.New(rand.NewPCG(uint64(seed), 0)),
		maybe: map[string]bool{}, removed: map[string]bool{}, words: wordstest.New(), counts: map[string]int{},
	}
}

// send sends a request about the document, and returns the answer with its body.
func (p *program) send(method, path, body string, headers ...string) (*http.Response, string) {
	p.t.Helper()
	addr := p.addrs[p.rnd.IntN(len(p.addrs))]
	r, err := http.NewRequest(method, "http://"+addr+"/v1/documents/"+p.room+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if p.key != "" {
		r.Header.Set("Authorization", "Bearer "+p.key)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	p.counts[fmt.Sprint(method, " ", resp.StatusCode)]++
	return resp, string(b)
}

// must is send for a request that must be answered with 2xx. Reading is repeated while the server
// is busy.
func (p *program) must(method, path, body string, headers ...string) (tag, text string) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(pollInterval) {
		resp, text := p.send(method, path, body, headers...)
		if resp.StatusCode < 300 {
			return resp.Header.Get("ETag"), text
		}
		busy := method == http.MethodGet && resp.StatusCode == http.StatusServiceUnavailable
		if !busy || time.Now().After(deadline) {
			p.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
		}
	}
}

// isBusy reports whether an edit was answered 503: the server was busy, or the document is just
// being given to another node. The edit may be made all the same.
func (p *program) isBusy(resp *http.Response, token string) bool {
	if resp.StatusCode != http.StatusServiceUnavailable {
		return false
	}
	p.maybe[strings.Trim(token, "<>")] = true
	return true
}

// token returns a new token.
func (p *program) token() string {
	p.next++
	return fmt.Sprintf("<%s.%d>", p.name, p.next)
}

// withToken returns a text with a token at a random place that is inside of no other.
func (p *program) withToken(text, token string) string {
	places := regexp.MustCompile("<|$").FindAllStringIndex(text, -1)
	at := places[p.rnd.IntN(len(places))][0]
	return text[:at] + token + text[at:]
}

// edit makes a random edit.
func (p *program) edit(restores bool) {
	p.t.Helper()
	switch n := p.rnd.IntN(25); {
	case restores && n == 0:
		p.restore()
	case restores && n < 4:
		_, body := p.must("POST", "/versions", "")
		p.kept = append(p.kept, decodedAs[struct{ ID string }](p.t, body).ID)
	case n < 11:
		p.update()
	case n < 18:
		p.patchText()
	default:
		p.patchMarkdown()
	}
}

// update edits the text by an update of Yjs.
func (p *program) update() {
	p.t.Helper()
	token := p.token()
	_, state := p.must("GET", "", "", "Accept", "application/octet-stream")
	now, _, err := contents.Text(yjs.Trust([]byte(state)), markdown.Schema{}, "text")
	if err != nil {
		p.t.Fatal(err)
	}
	update, err := contents.EditText(yjs.Trust([]byte(state)), "text", p.withToken(now, token))
	if err != nil {
		p.t.Fatal(err)
	}
	resp, body := p.send("PATCH", "", string(update), "Content-Type", "application/octet-stream")
	if p.isBusy(resp, token) {
		return
	}
	if resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%d %s", resp.StatusCode, body)
	}
	p.written = append(p.written, strings.Trim(token, "<>"))
}

// patchText sends a text that is based on one that was read before, perhaps some edits ago.
func (p *program) patchText() {
	p.t.Helper()
	token := p.token()
	for {
		if p.tag == "" || p.rnd.IntN(3) == 0 {
			p.tag, p.text = p.must("GET", "?format=text&fragment=text", "")
		}
		resp, text := p.send("PATCH", "?fragment=text", p.withToken(p.text, token),
			"Content-Type", "text/plain", "If-Match", p.tag, "Prefer", "return=representation")
		if p.isBusy(resp, token) {
			return
		}
		switch resp.StatusCode {
		case http.StatusOK:
			p.tag, p.text = resp.Header.Get("ETag"), text
			p.written = append(p.written, strings.Trim(token, "<>"))
			return
		case http.StatusConflict, http.StatusPreconditionFailed:
			p.tag = ""
		default:
			p.t.Fatalf("%d %s", resp.StatusCode, text)
		}
	}
}

// patchMarkdown adds a paragraph at a random place, or a word to a paragraph in which people type.
func (p *program) patchMarkdown() {
	p.t.Helper()
	token := strings.Trim(p.token(), "<>")
	for {
		tag, text := p.must("GET", "?format=markdown", "")
		resp, body := p.send("PATCH", "", p.inBlocks(text, token), "Content-Type", "text/markdown", "If-Match", tag)
		if p.isBusy(resp, token) {
			return
		}
		switch resp.StatusCode {
		case http.StatusOK:
			p.written = append(p.written, token)
			return
		case http.StatusConflict, http.StatusPreconditionFailed:
		default:
			p.t.Fatalf("%d %s", resp.StatusCode, body)
		}
	}
}

// inBlocks returns a Markdown text with a token in a paragraph of its own, or behind a word of a
// paragraph in which people type.
func (p *program) inBlocks(text, token string) string {
	blocks := strings.Split(text, "\n\n")
	at := p.rnd.IntN(len(blocks))
	if p.rnd.IntN(2) == 0 {
		return strings.Join(slices.Insert(blocks, at, "PARAGRAPH "+token+"."), "\n\n")
	}
	for !strings.HasPrefix(blocks[at], "PEOPLE") {
		at = (at + 1) % len(blocks)
	}
	words := strings.Split(strings.TrimSuffix(blocks[at], "\n"), " ")
	blocks[at] = strings.Join(slices.Insert(words, 1+p.rnd.IntN(len(words)), token), " ")
	return strings.Join(blocks, "\n\n")
}

// restore restores one of the last versions. The document to which that was done is kept as a
// version, too: the tokens that this has and the other has not are removed, and the tokens that the
// other has and this has not are there again. All others stay as they are.
func (p *program) restore() {
	p.t.Helper()
	if len(p.kept) == 0 {
		return
	}
	id := p.kept[len(p.kept)-1-p.rnd.IntN(min(2, len(p.kept)))]
	_, body := p.must("POST", "/versions/"+id+"/restore", "")
	kept := decodedAs[struct{ Kept string }](p.t, body).Kept
	if kept == "" {
		return
	}
	p.counts["restored"]++
	p.kept = append(p.kept, kept)
	p.wordsOf("/versions/" + id)
	before, then := p.tokensOf("/versions/"+kept), p.tokensOf("/versions/"+id)
	for token := range before {
		if !then[token] {
			p.removed[token] = true
			p.restored++
		}
	}
	for token := range then {
		if !before[token] {
			delete(p.removed, token)
			p.restored++
		}
	}
}

// tokensOf returns the tokens in a version, in text and Markdown.
func (p *program) tokensOf(path string) map[string]bool {
	p.t.Helper()
	all := map[string]bool{}
	for _, query := range []string{"?format=text&fragment=text", "?format=markdown"} {
		_, text := p.must("GET", path+query, "")
		for _, token := range wordstest.Token.FindAllString(text, -1) {
			all[token] = true
		}
	}
	return all
}

// wordsOf returns the words of the Markdown of a version or, with an empty path, of the document.
func (p *program) wordsOf(path string) []string {
	p.t.Helper()
	_, state := p.must("GET", path, "", "Accept", "application/octet-stream")
	words, err := p.words.Words(yjs.Trust([]byte(state)))
	if err != nil {
		p.t.Fatal(err)
	}
	return words
}

// tokensAmong returns the words that are not in capitals.
func tokensAmong(words []string) []string {
	return slices.DeleteFunc(words, func(word string) bool { return strings.ToUpper(word) == word })
}

func decodedAs[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// programConfig writes a configuration with the documents API, and returns its name.
// more has further lines of it.
func programConfig(t *testing.T, more string) string {
	t.Helper()
	config := filepath.Join(t.TempDir(), "config.yml")
	text := "api: {enabled: true, requests_per_second: 100000, burst: 100000}\nsnapshots: {versions: 1000}\n" + more
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config
}

// TestProgramsEdit shows that 1,000 edits by HTTP (updates, texts and Markdown that are merged, and
// restorations) while seven people type with real clients, two of them in paragraphs of the
// Markdown, lead to one document: exactly the tokens that a restoration has removed are gone, all
// others are there once, and no word is torn, or joined to another one unless a restoration has
// removed what was between them while somebody wrote there.
func TestProgramsEdit(t *testing.T) {
	t.Parallel()
	s := startWith(t, freeAddr(t), newDataDir(t), "--dev", "--config", programConfig(t, ""))
	const room = "record:programs"
	programs := startPrograms(t, []string{s.addr}, room)
	writers := []*client{
		join(t, s, "programs", "ann", 3), join(t, s, "programs", "bob", 2), join(t, s, "programs", "cas", 3),
		join(t, s, "programs", "dan", "json"), join(t, s, "programs", "eve", "json"),
		join(t, s, "programs", "fay", 3), join(t, s, "programs", "gus", "json"),
	}
	editBesidePeople(t, programs, writers, 1000)
}

// TestProgramsEditOnTwoNodes shows the same on two nodes that share a Redis: programs send each
// request to any of them, and people are at both.
func TestProgramsEditOnTwoNodes(t *testing.T) {
	t.Parallel()
	shared := redistest.Start(t, "appendonly yes")
	config := programConfig(t, "redis: {enabled: true, url: '"+shared.URL()+"'}\n")
	var nodes [2]*server
	for i := range nodes {
		nodes[i] = startWith(t, freeAddr(t), newDataDir(t), "--dev", "--config", config)
	}
	programs := startPrograms(t, []string{nodes[0].addr, nodes[1].addr}, "record:programs")
	var writers []*client
	for i, name := range []string{"ann", "bob", "cas", "dan", "eve", "fay", "gus"} {
		writers = append(writers, join(t, nodes[i%2], "programs", name, []any{3, 2, 3, "json", "json", 3, "json"}[i]))
	}
	editBesidePeople(t, programs, writers, 1000)
}

// startPrograms creates the document, and returns programs that edit it.
func startPrograms(t *testing.T, addrs []string, room string) (all []*program) {
	t.Helper()
	seed := newSeed(t)
	for i, name := range []string{"one", "two", "three", "four"} {
		all = append(all, newProgram(t, addrs, room, name, seed+i))
	}
	all[0].must("PUT", "", "# DOCUMENT\n\nPEOPLE WRITE HERE\n\nPEOPLE WRITE HERE TOO", "Content-Type", "text/markdown", "If-None-Match", "*")
	for _, addr := range addrs { // each node has to know the others
		p := newProgram(t, []string{addr}, room, "zero", seed)
		for deadline := time.Now().Add(patience); ; time.Sleep(pollInterval) {
			resp, text := p.send("GET", "", "")
			if resp.StatusCode == http.StatusOK {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d %s", addr, resp.StatusCode, text)
			}
		}
	}
	all[0].must("PATCH", "?fragment=text", "<zero.0>", "Content-Type", "text/plain", "If-Match", "*")
	return all
}

// typedTokens are the tokens of a person.
type typedTokens struct {
	Kept []string `json:"kept"`
}

// editBesidePeople makes programs edit while people type, and checks the document.
func editBesidePeople(t *testing.T, programs []*program, writers []*client, count int) {
	t.Helper()
	var typing []processes.Call
	for i, c := range writers {
		options := args{"name": c.name, "seed": i, "deletes": false, "pause": 1000}
		if i >= 5 {
			options["into"] = "PEOPLE"
		}
		typing = append(typing, c.begin("type", options))
	}
	var editing sync.WaitGroup
	for i, p := range programs {
		editing.Go(func() {
			for range count / len(programs) {
				p.edit(i == 0)
			}
		})
	}
	editing.Wait()
	written := []string{"zero.0"}
	for i, c := range writers {
		c.do("stop", nil, nil)
		var mine typedTokens
		typing[i].End(&mine)
		for _, token := range mine.Kept {
			written = append(written, strings.Trim(token, "<>"))
		}
	}
	last := converge(t, writers...)
	_, text := programs[0].must("GET", "?format=text&fragment=text", "")
	if last.Text != text {
		t.Errorf("people have %.200q, and programs %.200q", last.Text, text)
	}
	if torn := regexp.MustCompile(`<[a-z]+\.\d+>`).ReplaceAllString(text, ""); torn != "" {
		t.Errorf("words are torn: %.200q", torn)
	}
	maybe := map[string]bool{}
	for _, p := range programs {
		t.Log(p.name, p.counts)
		written = append(written, p.written...)
		maps.Copy(maybe, p.maybe)
	}
	t.Logf("restorations have removed or brought back %d tokens", programs[0].restored)
	there := append(wordstest.Token.FindAllString(text, -1), tokensAmong(programs[0].wordsOf(""))...)
	mustHaveAll(t, there, written, maybe, programs[0].removed)
}

// mustHaveAll fails unless each token that was written is there once, or was removed and is not
// there, and those that may have been written are there at most once.
func mustHaveAll(t *testing.T, there, written []string, maybe, removed map[string]bool) {
	t.Helper()
	times := map[string]int{}
	for _, token := range there {
		times[token]++
	}
	wrong := 0
	for _, token := range written {
		want := 1
		if removed[token] {
			want = 0
		}
		if n := times[token]; n != want {
			if wrong++; wrong < 10 {
				t.Errorf("%s is there %d times instead of %d", token, n, want)
			}
		}
		delete(times, token)
	}
	for token, n := range times {
		if !maybe[token] || n > 1 || removed[token] {
			t.Errorf("%s is there %d times, and nobody has written it", token, n)
		}
	}
	t.Logf("%d tokens were written, %d are there, %d were removed by restorations", len(written), len(there), len(removed))
	if 2*len(removed) > len(written) {
		t.Error("most of it was removed: the test shows little")
	}
}
