package e2e

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// recipes bundles the pages of docs/editors.md once, and returns their directory and names.
var recipes = sync.OnceValues(func() (names []string, err error) {
	if _, err := os.Stat("recipes/node_modules/yjs"); err != nil {
		return nil, errors.New("the packages of docs/editors.md are not installed: run `make test`, or `npm ci` in cmd/civic-realtime/e2e/recipes")
	}
	out, err := nodeworker.Run(context.Background(), "recipes/build.mjs", recipeDir())
	if err != nil {
		return nil, fmt.Errorf("bundling the recipes: %w", err)
	}
	return names, json.Unmarshal(out, &names)
})

// recipeDir is the directory of the bundles, beside the server's binary.
func recipeDir() string { return filepath.Join(filepath.Dir(serverBinary), "recipes") }

// recipeRoom is the document that the recipes open.
const recipeRoom = "my-record"

// recipesAtATime bounds the recipes whose pages are open.
var recipesAtATime = make(chan struct{}, 2)

// recipeSite serves the pages of the recipes, and is the backend that their scripts ask. It is made
// for one recipe.
type recipeSite struct {
	*tokenRoom
	recipe string
	site   *httptest.Server
	ttl    time.Duration // of the tokens
	bad    atomic.Bool   // the next token is of no use
	asked  chan struct{} // holds a value if a token was asked for since the last receive
}

// sign returns a token as a backend makes it, without the time that a process of its own takes.
func (p *tokenRoom) sign(name string, ttl time.Duration) string {
	p.t.Helper()
	secret, err := os.ReadFile(p.secret)
	if err != nil {
		p.t.Fatal(err)
	}
	token, err := auth.JWTConfig{}.Sign(secret, auth.Session{Identity: engine.Identity{ID: "id-" + name, Name: name}}, ttl)
	if err != nil {
		p.t.Fatal(err)
	}
	return token
}

// newPunctualRoom is newTokenRoom at a server where tokens end when they say.
func newPunctualRoom(t *testing.T) *tokenRoom {
	t.Helper()
	secret, config := filepath.Join(t.TempDir(), "secret"), filepath.Join(t.TempDir(), "realtime.yml")
	for path, text := range map[string]string{
		secret: "thirty-two bytes of the greatest secrecy", config: "realtime: {auth: {jwt: {leeway: 1ms}}, api: {enabled: true}}\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &tokenRoom{t, startWith(t, freeAddr(t), newDataDir(t), "--config", config, "--jwt-secret-file", secret), secret, recipeRoom}
}

func newRecipeSite(t *testing.T, recipe string) *recipeSite {
	t.Helper()
	if _, err := recipes(); err != nil {
		t.Fatal(err)
	}
	r := &recipeSite{tokenRoom: newPunctualRoom(t), recipe: recipe, ttl: time.Hour, asked: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /as/{name}/{recipe}", func(w http.ResponseWriter, q *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "name", Value: q.PathValue("name"), Path: "/"})
		http.Redirect(w, q, "/page/"+q.PathValue("recipe")+"/page.html", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /me", r.me)
	mux.HandleFunc("GET /page/{recipe}/page.html", r.page)
	mux.HandleFunc("GET /page/{recipe}/carets.css", func(w http.ResponseWriter, q *http.Request) {
		http.ServeFile(w, q, filepath.Join(recipeDir(), "carets.css"))
	})
	mux.HandleFunc("GET /page/{recipe}/editor.css", func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "text/css") // of a recipe without styles it is empty
		css, _ := os.ReadFile(filepath.Join(recipeDir(), q.PathValue("recipe"), "editor.css"))
		_, _ = w.Write(css)
	})
	mux.HandleFunc("GET /api-token", r.apiToken)
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, q *http.Request) {
		httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: r.s.addr}).ServeHTTP(w, q)
	})
	mux.Handle("GET /page/", http.StripPrefix("/page", http.FileServer(http.Dir(recipeDir()))))
	r.site = httptest.NewServer(mux)
	t.Cleanup(r.site.Close)
	return r
}

// me answers with the person who is signed in, and a token.
func (r *recipeSite) me(w http.ResponseWriter, q *http.Request) {
	cookie, err := q.Cookie("name")
	if err != nil {
		http.Error(w, "sign in", http.StatusUnauthorized)
		return
	}
	token := r.sign(cookie.Value, r.ttl)
	if r.bad.Swap(false) {
		token += "A"
	}
	select {
	case r.asked <- struct{}{}:
	default:
	}
	_ = json.NewEncoder(w).Encode(args{"name": cookie.Value, "token": token, "expires": time.Now().Add(r.ttl).UnixMilli()})
}

// apiToken answers with a token for the API, which opens no WebSocket.
func (r *recipeSite) apiToken(w http.ResponseWriter, q *http.Request) {
	cookie, err := q.Cookie("name")
	if err != nil {
		http.Error(w, "sign in", http.StatusUnauthorized)
		return
	}
	_ = json.NewEncoder(w).Encode(args{"token": r.signAPI(cookie.Value, r.ttl)})
}

// signAPI returns a token for the API as a backend makes it.
func (p *tokenRoom) signAPI(name string, ttl time.Duration) string {
	p.t.Helper()
	secret, err := os.ReadFile(p.secret)
	if err != nil {
		p.t.Error(err)
	}
	claims, _ := json.Marshal(args{
		"sub": "id-" + name, "name": name, "aud": "civic-realtime-api", "exp": time.Now().Add(ttl).Unix(),
		"documents": []args{{"rooms": []string{"record:" + p.room}, "access": "write"}},
	})
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// page serves the page of the document, which is told where the server is.
func (r *recipeSite) page(w http.ResponseWriter, _ *http.Request) {
	html, err := os.ReadFile(filepath.Join(recipeDir(), "page.html"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	where, _ := json.Marshal(args{"url": "ws://" + r.s.addr, "api": r.site.URL})
	const head = "<meta charset=\"utf-8\">\n"
	fmt.Fprint(w, strings.Replace(string(html), head, head+"<link rel=\"icon\" href=\"data:,\">\n<script>window.recipe = "+string(where)+"</script>\n", 1))
}

// recipePage is a person's page.
type recipePage struct {
	*processes.Worker
	t      *testing.T
	number int64
	name   string
	editor string
}

// open opens the page for a person, and waits until it is connected.
func (r *recipeSite) open(name string) *recipePage {
	r.t.Helper()
	return r.openRecipe(name, r.recipe)
}

// openRecipe is open for the page of another recipe.
func (r *recipeSite) openRecipe(name, recipe string) *recipePage {
	r.t.Helper()
	w, err := theBrowser()
	if err != nil {
		r.t.Fatal(err)
	}
	p := &recipePage{w, r.t, lastPage.Add(1), name, recipe}
	p.do("visit", args{"url": r.site.URL + "/as/" + name + "/" + recipe})
	r.t.Cleanup(func() { p.do("close", nil) })
	p.connects(1)
	return p
}

func (p *recipePage) ask(cmd string, a args, out any) {
	p.t.Helper()
	all := args{"page": p.number, "editor": p.editor}
	for k, v := range a {
		all[k] = v
	}
	p.Begin(p.t, p.name+" with "+p.editor, cmd, all).End(out)
}

func (p *recipePage) do(cmd string, a args) {
	p.t.Helper()
	p.ask(cmd, a, nil)
}

// types types at the end of the text.
func (p *recipePage) types(text string) {
	p.t.Helper()
	p.do("into", nil)
	p.do("type", args{"text": text})
}

func (p *recipePage) says(text string) {
	p.t.Helper()
	p.do("says", args{"text": text})
}

func (p *recipePage) connects(count int) {
	p.t.Helper()
	p.do("connects", args{"count": count})
}

// mustHaveConnected checks that the page has had so many connections.
func (p *recipePage) mustHaveConnected(count int) {
	p.t.Helper()
	var connects int
	p.ask("connected", nil, &connects)
	if connects != count {
		p.t.Errorf("%s with %s has had %d connections, not %d", p.name, p.editor, connects, count)
	}
}

// mustBeQuiet checks that no script of the page has complained.
func (p *recipePage) mustBeQuiet() {
	p.t.Helper()
	var problems []string
	p.ask("problems", nil, &problems)
	if len(problems) > 0 {
		p.t.Errorf("%s with %s: %q", p.name, p.editor, problems)
	}
}

// TestRecipes shows that two people who have the page of a recipe of docs/editors.md type into one
// text, see each other's carets, undo only their own edits, and lose nothing when the server is
// killed and started again.
func TestRecipes(t *testing.T) {
	t.Parallel()
	names, err := recipes()
	if err != nil {
		t.Fatal(err)
	}
	for _, recipe := range names {
		t.Run(recipe, func(t *testing.T) {
			t.Parallel()
			recipesAtATime <- struct{}{}
			defer func() { <-recipesAtATime }()
			newRecipeSite(t, recipe).writeTogether()
		})
	}
}

// writeTogether is what two people do, and a third who comes at the end.
func (r *recipeSite) writeTogether() {
	r.t.Helper()
	ann, bob := r.open("Ann"), r.open("Bob")
	ann.types("Dogs go on leads.")
	bob.says("Dogs go on leads.")
	bob.types(" Cats do not.")
	ann.says("Dogs go on leads. Cats do not.")
	ann.do("caret", args{"name": "Bob"})
	bob.do("caret", args{"name": "Ann"})

	ann.do("undo", args{"lost": "Dogs"})
	for range 3 {
		ann.do("press", args{"keys": []string{"Control+z"}})
	}
	ann.types(" Birds fly.")
	bob.says("Cats do not. Birds fly.")

	r.s.kill()
	ann.types(" Fish swim.")
	r.s = r.s.restart()
	ann.connects(2)
	bob.connects(2)
	late := r.open("Late")
	const all = "Cats do not. Birds fly. Fish swim."
	for _, p := range []*recipePage{ann, bob, late} {
		p.says(all)
		p.mustBeQuiet()
	}
}

// TestRecipesShareADocument shows that pages with different providers write one document, and show
// each other's carets: TipTap over y-websocket, over Hocuspocus' protocol, and as a component.
func TestRecipesShareADocument(t *testing.T) {
	t.Parallel()
	r := newRecipeSite(t, "tiptap")
	ann, hal, rea := r.open("Ann"), r.openRecipe("Hal", "hocuspocus"), r.openRecipe("Rea", "react")
	all := []*recipePage{ann, hal, rea}
	text := ""
	for _, p := range all {
		p.says(text)
		p.types(" This is " + p.name + ".")
		text = strings.TrimSpace(text + " This is " + p.name + ".")
	}
	for _, p := range all {
		p.says(text)
		for _, other := range all {
			if other != p {
				p.do("caret", args{"name": other.name})
			}
		}
		p.mustBeQuiet()
	}
}

// mustClose checks whether the page can be closed without asking its person.
func (p *recipePage) mustClose(want bool) {
	p.t.Helper()
	var closed bool
	if p.ask("closes", nil, &closed); closed != want {
		p.t.Errorf("%s with %s: closed: %v, want %v", p.name, p.editor, closed, want)
	}
}

// TestRecipeSaysWhatIsSaved shows that the page in "Provider" says when everything is saved, who is
// there, that it is offline, and again that everything is saved; and that it asks before it is
// closed while something is not.
func TestRecipeSaysWhatIsSaved(t *testing.T) {
	t.Parallel()
	r := newRecipeSite(t, "provider")
	ann := r.open("Ann")
	ann.types("Dogs go on leads.")
	ann.do("reads", args{"text": "Saved. Ann"})
	r.open("Bob").says("Dogs go on leads.")
	ann.do("reads", args{"text": "Saved. Ann, Bob"})
	r.s.kill()
	ann.types(" Cats do not.")
	ann.do("reads", args{"text": "Not saved yet. Offline"})
	ann.mustClose(false)
	r.s = r.s.restart()
	ann.do("reads", args{"text": "Saved. Ann, Bob"})
	ann.mustBeQuiet()
	ann.mustClose(true)
}

// TestRecipeVersions shows that the page in "Versions" keeps a version, shows it and returns to the
// text, and restores it for everybody who is there.
func TestRecipeVersions(t *testing.T) {
	t.Parallel()
	r := newRecipeSite(t, "versions")
	ann, bob := r.open("Ann"), r.open("Bob")
	ann.types("Dogs go on leads.")
	bob.says("Dogs go on leads.")
	ann.do("clicks", args{"button": "Keep"})
	ann.do("reads", args{"text": "Restore draft"})
	bob.types(" Cats do not.")
	ann.says("Dogs go on leads. Cats do not.")
	ann.do("clicks", args{"button": "Show draft"})
	ann.says("Dogs go on leads.")
	ann.do("clicks", args{"button": "Back"})
	ann.says("Dogs go on leads. Cats do not.")
	ann.do("clicks", args{"button": "Restore draft"})
	for _, p := range []*recipePage{ann, bob} {
		p.says("Dogs go on leads.")
		p.mustBeQuiet()
	}
	ann.do("counts", args{"button": "Restore ", "count": 2})
	ann.do("clicks", args{"button": "Restore "}) // the newest: what was there before
	bob.says("Dogs go on leads. Cats do not.")
}

// awaitAsked waits until a page asks for a token.
func (r *recipeSite) awaitAsked() {
	r.t.Helper()
	select {
	case <-r.asked:
	case <-time.After(patience):
		r.t.Fatal("the page asks for no token")
	}
}

// TestRecipeRenewsTokens shows that the page with CodeMirror in "Tokens" keeps its connection when
// its first token ends, and that it comes back with another token when one is refused.
func TestRecipeRenewsTokens(t *testing.T) {
	t.Parallel()
	r := newRecipeSite(t, "tokens")
	r.ttl = 8 * time.Second
	ann := r.open("Ann")
	for range 4 { // the last, with three renewals before it, is asked for when the first token has ended
		r.awaitAsked()
	}
	ann.types("Dogs go on leads.")
	ann.mustHaveConnected(1)

	r.bad.Store(true)
	bob := r.open("Bob")
	bob.says("Dogs go on leads.")
	bob.mustBeQuiet()
}

// TestRecipeOffline shows that the page in "Offline" has what was written in its browser when it is
// loaded again without the server, and that the server then gets it.
func TestRecipeOffline(t *testing.T) {
	t.Parallel()
	r := newRecipeSite(t, "offline")
	ann := r.open("Ann")
	ann.types("Dogs go on leads.")
	r.s.kill()
	ann.types(" Cats do not.")
	ann.do("kept", args{"database": recipeRoom})
	ann.do("reload", nil)
	ann.says("Dogs go on leads. Cats do not.")
	ann.types(" Birds fly.")
	r.s = r.s.restart()
	bob := r.open("Bob")
	bob.says("Dogs go on leads. Cats do not. Birds fly.")
	bob.types(" Fish swim.")
	ann.says("Dogs go on leads. Cats do not. Birds fly. Fish swim.")
	ann.mustBeQuiet()
}
