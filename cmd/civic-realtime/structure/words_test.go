package structure

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// metaphors are words that no Yjs or network engineer would search for, each with the words to use
// instead. They must not occur in identifiers, comments, messages and documents.
var metaphors = map[string]string{
	"avatar": "synthetic state", "utterance": "presence update", "graveyard": "tombstones",
	"debt": "pending answer", "payment": "answer", "parcel": "outbound message", "loan": "pooled buffer",
	"talker": "active connection", "pacer": "read scheduler", "awaitroom": "waitWritable",
	"clerk": "sync worker", "larder": "piece cache",
	"reunion": "seed rebase",
	"crowd":   "connection registry", "knock": "allow", "doors": "admit", "brake": "throttle",
	"verdict": "recheck result", "judge": "check", "deafen": "discard input",
	"seal": "compress, encode, freeze, close", "sealed": "compressed, encoded, frozen, closed",
	"murmur": "keep-alive", "greet": "welcome", "repay": "release", "bury": "add tombstone",
}

// nickname is a word that is fine in a sentence, but not as a part of an identifier.
type nickname struct {
	instead string
	in      []string // the packages in which it would be our own name; nil: all
}

var nicknames = map[string]nickname{
	"being": {"awareness state", nil}, "hearing": {"decode state", nil},
	"beat": {"tick", nil}, "fresh": {"new", []string{"transport"}}, "prompt": {"idle", []string{"transport"}},
	"page": {"document state", []string{"engine"}}, "table": {"room map", []string{"engine"}},
	"tail":  {"write-ahead log", []string{"persist/bolt", "persist/bolt/wal", "engine"}},
	"mark":  {"revision", []string{"engine", "engine/recordsync", "persist/civicpress", "transport"}},
	"turn":  {"generation", []string{"engine", "engine/recordsync", "transport"}},
	"doubt": {"dirty", nil}, "beside": {"stored snapshot", nil}, "outside": {"external change", nil},
	"origin": {"initial content", []string{"engine", "engine/recordsync"}},
	"gate":   {"handshake limiter", nil}, "sentence": {"close", nil}, "fate": {"session state", nil},
	"hear": {"receive", nil}, "tell": {"send", nil}, "mention": {"announce", nil},
	"owe": {"enqueue", nil}, "owed": {"pending", nil}, "dig": {"release", nil},
}

// fieldsOwn has the files or packages in which a listed word is the field's own term, and its
// meaning there.
var fieldsOwn = map[string]map[string]string{
	"avatar": {
		"persist/civicpress":         "a user's picture",
		"persist/civicpress/standin": "a user's picture",
	},
	"clerk":   {"persist/civicpress/standin": "a role"},
	"reunion": {"engine/recordsync": "a metric's name in the release before"},
}

// parts splits an identifier into its words, in lower case.
func parts(identifier string) (words []string) {
	for _, w := range camel.FindAllString(identifier, -1) {
		words = append(words, strings.ToLower(w))
	}
	return words
}

var (
	camel   = regexp.MustCompile(`[A-Z]+(?:[a-z]*)|[a-z]+`)
	letters = regexp.MustCompile(`[A-Za-z]+`)
)

// forms are the endings with which a word still counts as the listed one.
var forms = []string{"", "s", "es", "ed", "d", "ing"}

func metaphor(word string) string {
	for _, form := range forms {
		if stem, ok := strings.CutSuffix(word, form); ok && metaphors[stem] != "" {
			return stem
		}
	}
	return ""
}

// name returns the listed word that a part of an identifier is, in a package; "" if it is none.
func name(part, pkg string) string {
	if m := metaphor(part); m != "" {
		return m
	}
	for _, stem := range []string{part, strings.TrimSuffix(part, "s")} {
		if n, ok := nicknames[stem]; ok && (n.in == nil || slices.Contains(n.in, pkg)) {
			return stem
		}
	}
	return ""
}

// public removes names that other programs know, and that stay, or get an alias, though they
// contain a listed word.
var public = strings.NewReplacer("realtime_sealed_rooms", "", "realtime_reunions_total", "")

// prose returns the metaphors in a text.
func prose(text string) (found []string) {
	text = public.Replace(text)
	for _, w := range letters.FindAllString(text, -1) {
		if m := metaphor(strings.ToLower(w)); m != "" {
			found = append(found, m)
		}
	}
	return found
}

// wordsOf returns the listed words in a file of a package.
func wordsOf(file *ast.File, pkg string) (found []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Ident:
			for _, part := range parts(n.Name) {
				if w := name(part, pkg); w != "" {
					found = append(found, w)
				}
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
				found = append(found, prose(text)...)
			}
		}
		return true
	})
	for _, group := range file.Comments {
		found = append(found, prose(group.Text())...)
	}
	return found
}

// innocent are words that are no metaphors in tests: users are clerks and have avatars, and texts
// contain greetings.
var innocent = []string{"clerk", "avatar", "greet"}

// metaphorsIn lists the metaphors in tests.
func metaphorsIn(files []*ast.File) (found []string) {
	for _, file := range files {
		for _, w := range wordsOf(file, "") {
			if metaphors[w] != "" && !slices.Contains(innocent, w) {
				found = append(found, w)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// words returns the listed words in a package and its tests.
func (p *pkg) words() (wrong []string, err error) {
	var found []string
	for _, file := range p.files {
		found = append(found, wordsOf(file, p.name)...)
	}
	slices.Sort(found)
	for _, w := range slices.Compact(found) {
		if fieldsOwn[w][p.name] == "" {
			wrong = append(wrong, fmt.Sprintf("%s: says %q", p.name, w))
		}
	}
	if p.name == "cmd/civic-realtime/structure" {
		return wrong, nil // the tests of this package have to contain them
	}
	files, err := p.tests()
	for _, w := range metaphorsIn(files) {
		wrong = append(wrong, fmt.Sprintf("tests of %s: say %q", p.name, w))
	}
	return wrong, err
}

// TestWordsOfTheField fails when code or documents use a metaphor for which the field has a word.
func TestWordsOfTheField(t *testing.T) {
	var wrong []string
	for _, p := range packages(t) {
		found, err := p.words()
		if err != nil {
			t.Fatal(err)
		}
		wrong = append(wrong, found...)
	}
	for name, text := range documents(t) {
		found := prose(text)
		slices.Sort(found)
		for _, w := range slices.Compact(found) {
			wrong = append(wrong, fmt.Sprintf("%s: says %q", name, w))
		}
	}
	mustBeNone(t, wrong)
}

// TestWordsOfAPackage shows which words in code and tests are reported.
func TestWordsOfAPackage(t *testing.T) {
	p := madeUp(t, map[string]string{
		"x.go": "package x\n\n// f pays a debt.\nfunc f() { tellAll() }\n\nfunc tellAll() {}\n",
	})
	test := "package x\n\n// TestLoan tells of clerks.\nfunc TestLoan() {}\n"
	if err := os.WriteFile(filepath.Join(p.Dir, "x_test.go"), []byte(test), 0o600); err != nil {
		t.Fatal(err)
	}
	p.TestGoFiles = []string{"x_test.go"}
	for name, want := range map[string]string{
		"x":                            `x: says "debt"; x: says "tell"; tests of x: say "loan"`,
		"persist/civicpress/standin":   `persist/civicpress/standin: says "debt"; persist/civicpress/standin: says "tell"; tests of persist/civicpress/standin: say "loan"`,
		"cmd/civic-realtime/structure": `cmd/civic-realtime/structure: says "debt"; cmd/civic-realtime/structure: says "tell"`,
	} {
		p.name = name
		if got, err := p.words(); err != nil || strings.Join(got, "; ") != want {
			t.Errorf("%q, %v, want %s", got, err, want)
		}
	}
}

// TestWordsOf shows which words are reported, and where.
func TestWordsOf(t *testing.T) {
	for source, want := range map[string]string{
		"package x\n\n// f pays a debt.\nfunc f() {}\n":   "debt",
		"package x\n\nvar crowdSize int\n":                "crowd",
		"package x\n\nvar _ = \"the room is sealed\"\n":   "sealed",
		"package x\n\nfunc tellAll() {}\n":                "tell",
		"package x\n\n// f does not tell.\nfunc f() {}\n": "",
		"package x\n\nvar page int\n":                     "",
		"package x\n\nvar intelligent, debtless int\n":    "",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(wordsOf(file, "x"), " "); got != want {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
	}
	if name("pages", "engine") != "page" || name("page", "persist/bolt") != "" {
		t.Error("page is a word of ours in the engine only")
	}
}
