package console

import (
	"io/fs"
	"path"
	"regexp"
	"testing"
)

// unsafe has what makes code of text, and what the page's policy refuses.
var unsafe = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|` +
	`new Function|createContextualFragment|DOMParser|srcdoc|javascript:|\bstyle: |'style'`)

// TestPageMakesNoCodeOfText shows that no module makes HTML, scripts or inline styles of a text,
// and that nothing is loaded from another host.
func TestPageMakesNoCodeOfText(t *testing.T) {
	code := scripts(t)
	if found := unsafe.FindString(code); found != "" {
		t.Errorf("a module has %q", found)
	}
	index, err := fs.ReadFile(folder, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	inline := regexp.MustCompile(`<style| style=| on\w+=|<script>|<script [^>]*>[^<]`)
	if found := inline.Find(index); found != nil {
		t.Errorf("index.html has %q", found)
	}
	for _, address := range regexp.MustCompile(`https?://[\w./]+`).FindAllString(code+string(index), -1) {
		if address != "http://www.w3.org/2000/svg" {
			t.Errorf("the page has the address %s", address)
		}
	}
}

// imported adds the modules that a module needs before it runs.
func imported(t *testing.T, module string, all map[string]bool) {
	t.Helper()
	if all[module] {
		return
	}
	all[module] = true
	code, err := fs.ReadFile(folder, module)
	if err != nil {
		t.Fatal(err)
	}
	imports := regexp.MustCompile(`(?m)^import .* from '(.*)'$`)
	for _, found := range imports.FindAllSubmatch(code, -1) {
		imported(t, path.Join(path.Dir(module), string(found[1])), all)
	}
}

// TestPagePreloadsItsModules shows that the browser is told all modules of the sign-in and of the
// overview at once, so that it does not find them one behind the other, and no module that is not
// there.
func TestPagePreloadsItsModules(t *testing.T) {
	index, err := fs.ReadFile(folder, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	needed := map[string]bool{}
	imported(t, "main.js", needed)
	imported(t, "pages/overview.js", needed)
	delete(needed, "main.js")
	preload := regexp.MustCompile(`<link rel="modulepreload" href="(.*)">`)
	for _, found := range preload.FindAllSubmatch(index, -1) {
		if module := string(found[1]); !needed[module] {
			t.Errorf("%s is preloaded, and not needed", module)
		} else {
			delete(needed, module)
		}
	}
	for module := range needed {
		t.Errorf("%s is needed, and not preloaded", module)
	}
}
