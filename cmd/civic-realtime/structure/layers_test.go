package structure

import (
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layersTitle is the line above the list of files in a package's comment.
const layersTitle = "Files, in layers; each uses only what is listed before it:"

var layerLine = regexp.MustCompile(`^\t((?:[\w.]+\.go ?)+)(?:\s|$)`)

// layersOf returns the layer of each file in a package's comment; 1 is the lowest.
func layersOf(doc string) map[string]int {
	_, list, found := strings.Cut(doc, layersTitle+"\n")
	if !found {
		return nil
	}
	layers, layer := make(map[string]int), 0
	for line := range strings.Lines(list) {
		names := layerLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		switch {
		case names != nil:
			layer++
			for _, name := range strings.Fields(names[1]) {
				if layers[name] != 0 {
					name += " is listed twice" // no file has such a name, so it is reported
				}
				layers[name] = layer
			}
		case strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "\t"):
			return layers
		}
	}
	return layers
}

// mislisted compares the list of layers with the existing files. A package with a single file and
// no doc.go needs no list.
func mislisted(layers map[string]int, files []string) (wrong []string) {
	files = slices.DeleteFunc(slices.Clone(files), func(name string) bool { return name == "doc.go" })
	if layers == nil && len(files) > 1 {
		return []string{"its comment has no list of layers"}
	}
	if len(files) <= 1 {
		return nil
	}
	for _, name := range files {
		if layers[name] == 0 {
			wrong = append(wrong, name+" is in no layer")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(layers)) {
		if name != "doc.go" && !slices.Contains(files, name) {
			wrong = append(wrong, name+" is in a layer, and not in the folder")
		}
	}
	return wrong
}

// upward lists the uses of a higher layer's identifiers, as "file uses identifier of file".
func upward(p *pkg, layers map[string]int) (found []string, err error) {
	err = p.uses(func(use *ast.Ident, declared types.Object) {
		from := filepath.Base(p.fset.Position(use.Pos()).Filename)
		to := filepath.Base(p.fset.Position(declared.Pos()).Filename)
		if layers[from] != 0 && layers[to] > layers[from] {
			found = append(found, fmt.Sprintf("%s uses %s of %s", from, declared.Name(), to))
		}
	})
	slices.Sort(found)
	return found, err
}

// upwardUses is how many uses of a higher layer's identifiers all packages of a folder may have
// together. Folders that are not listed may have none.
var upwardUses = map[string]int{
	"engine": 25,
}

// budgetOf returns the folder of upwardUses that a package counts for.
func budgetOf(name string) string {
	for folder := range upwardUses {
		if name == folder || strings.HasPrefix(name, folder+"/") {
			return folder
		}
	}
	return name
}

// TestFilesUseLowerLayersOnly fails when files use identifiers of higher layers more often than
// their folder may, and when a package's comment does not list its files.
func TestFilesUseLowerLayersOnly(t *testing.T) {
	used := make(map[string][]string)
	var wrong []string
	for _, p := range packages(t) {
		layers := layersOf(p.doc())
		for _, w := range mislisted(layers, p.product()) {
			wrong = append(wrong, p.name+": "+w)
		}
		found, err := upward(p, layers)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			used[budgetOf(p.name)] = append(used[budgetOf(p.name)], p.name+": "+f)
		}
	}
	for folder, found := range used {
		t.Logf("%s: %d uses of higher layers' identifiers, of which there may be %d", folder, len(found), upwardUses[folder])
		if len(found) > upwardUses[folder] {
			wrong = append(wrong, folder+": uses identifiers of higher layers")
			t.Log("they are\n\t" + strings.Join(found, "\n\t"))
		}
	}
	mustBeNone(t, wrong)
}

// TestLayersOf shows how a list of layers is read, and which errors in it are reported.
func TestLayersOf(t *testing.T) {
	const doc = "Package x does y.\n\n" + layersTitle + "\n\n\ta.go b.go   the lowest\n\tc.go\n\td_linux.go d_other.go\twith a tab\n\nMore.\n\n\te.go  no layer\n"
	layers := layersOf(doc)
	want := map[string]int{"a.go": 1, "b.go": 1, "c.go": 2, "d_linux.go": 3, "d_other.go": 3}
	if !maps.Equal(layers, want) {
		t.Errorf("%v, want %v", layers, want)
	}
	if layersOf("Package x does y.\n\n\ta.go  the lowest\n") != nil {
		t.Error("a list without its title is read")
	}
	all := slices.Sorted(maps.Keys(want))
	for _, test := range []struct {
		layers map[string]int
		files  []string
		wrong  string
	}{
		{want, slices.Concat(all, []string{"doc.go"}), ""},
		{nil, []string{"a.go", "doc.go"}, ""},
		{nil, []string{"a.go", "b.go"}, "its comment has no list of layers"},
		{want, slices.Concat(all, []string{"f.go"}), "f.go is in no layer"},
		{want, all[1:], "a.go is in a layer, and not in the folder"},
		{layersOf(layersTitle + "\n\ta.go\n\tb.go a.go\n"), []string{"a.go", "b.go"}, "a.go is listed twice is in a layer, and not in the folder"},
	} {
		if got := strings.Join(mislisted(test.layers, test.files), "; "); got != test.wrong {
			t.Errorf("%v and %v: %q, want %q", test.layers, test.files, got, test.wrong)
		}
	}
}

// TestUpward shows that uses of a higher layer are reported: of functions, types, methods and
// fields.
func TestUpward(t *testing.T) {
	p := madeUp(t, map[string]string{
		"low.go":  "package x\n\nfunc low() { high(); var t typ; t.method(); t.field++; low() }\n",
		"high.go": "package x\n\ntype typ struct{ field int }\n\nfunc (typ) method() {}\n\nfunc high() { low() }\n",
	})
	found, err := upward(p, map[string]int{"low.go": 1, "high.go": 2})
	want := []string{"low.go uses field of high.go", "low.go uses high of high.go", "low.go uses method of high.go", "low.go uses typ of high.go"}
	if err != nil || !slices.Equal(found, want) {
		t.Errorf("%q, %v", found, err)
	}
	found, err = upward(p, map[string]int{"low.go": 1, "high.go": 1})
	if err != nil || len(found) > 0 {
		t.Errorf("in one layer: %q, %v", found, err)
	}
}
