package structure

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	fenced   = regexp.MustCompile("(?ms)^```.*?^```")
	heading  = regexp.MustCompile(`(?m)^#{1,6} +(.*?) *#*$`)
	linkTo   = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	anchorID = regexp.MustCompile(`<a id="([^"]+)">`)
	noAnchor = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// anchors returns the anchors of a document: its headings in lower case, without punctuation, with
// a hyphen for each space, as GitHub makes them, and those that are set by hand. A heading that is
// repeated gets a number.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, a := range anchorID.FindAllStringSubmatch(text, -1) {
		all[a[1]] = true
	}
	for _, h := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		name := linkTo.ReplaceAllString(h[1], "")
		name = strings.ReplaceAll(noAnchor.ReplaceAllString(strings.ToLower(name), ""), " ", "-")
		unique := name
		for n := 1; all[unique]; n++ {
			unique = name + "-" + strconv.Itoa(n)
		}
		all[unique] = true
	}
	return all
}

// deadLinks returns the links of a document to files that are not there, or to anchors that a
// document does not have. Addresses of other sites are not looked at.
func deadLinks(from string, texts map[string]string, exists func(name string) bool) (dead []string) {
	for _, m := range linkTo.FindAllStringSubmatch(fenced.ReplaceAllString(texts[from], ""), -1) {
		if strings.Contains(m[1], ":") {
			continue
		}
		name, anchor, _ := strings.Cut(m[1], "#")
		to := from
		if name != "" {
			to = path.Join(path.Dir(from), name)
		}
		text, isDocument := texts[to]
		if !isDocument && !exists(to) || anchor != "" && !anchors(text)[anchor] {
			dead = append(dead, m[1])
		}
	}
	return dead
}

// TestLinksInDocuments fails when a document links to a file or to an anchor that does not exist.
func TestLinksInDocuments(t *testing.T) {
	texts := documents(t)
	change, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	texts["CHANGELOG.md"] = string(change)
	var wrong []string
	for from := range texts {
		for _, link := range deadLinks(from, texts, func(name string) bool {
			_, err := os.Stat(filepath.Join(root, name))
			return err == nil
		}) {
			wrong = append(wrong, from+" links to "+link+", which does not exist")
		}
	}
	mustBeNone(t, wrong)
}

// TestDeadLinks shows which links count as dead.
func TestDeadLinks(t *testing.T) {
	texts := map[string]string{
		"README.md": "[a](docs/a.md) [b](docs/a.md#it-s-here) [c](docs/gone.md) [d](LICENSE) [e](https://host/x) [f](GONE#x)",
		"docs/a.md": "## Its `here`: now\n## Twice\n## Twice\n<a id=\"by-hand\"></a>**By hand**\n```\n# no heading, [no](link)\n```\n" +
			"[a](#its-here-now) [b](#twice-1) [c](#twice-2) [d](#no-heading-nolink) [e](../README.md) [f](../docs) [g](b.md) [h](#by-hand)",
	}
	exists := func(name string) bool { return name == "LICENSE" || name == "docs" }
	for from, want := range map[string]string{
		"README.md": "docs/a.md#it-s-here docs/gone.md GONE#x",
		"docs/a.md": "#twice-2 #no-heading-nolink b.md",
	} {
		if got := strings.Join(deadLinks(from, texts, exists), " "); got != want {
			t.Errorf("%s: %q, want %q", from, got, want)
		}
	}
}
