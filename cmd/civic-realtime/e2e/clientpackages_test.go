package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// clientPackages are the folders of the npm packages, each with what its README's example takes
// from the page around it.
var clientPackages = map[string]string{
	"clients/provider": `declare const saved: HTMLElement, problem: HTMLElement`,
	"clients/blocknote-versions": `import type { CollaborationOptions } from '@blocknote/core/yjs'
		declare const collaboration: CollaborationOptions`,
}

// TestClientPackages runs the packages' own tests.
func TestClientPackages(t *testing.T) {
	t.Parallel()
	for dir := range clientPackages {
		files, err := filepath.Glob(dir + "/test/*.test.mjs")
		if err != nil || len(files) == 0 {
			t.Fatal("no tests in", dir, err)
		}
		if out, err := nodeworker.Run(context.Background(), append([]string{"--test"}, files...)...); err != nil {
			t.Errorf("%s: %v\n%s", dir, err, out)
		}
	}
}

// packageJSON is the content of a package.json.
type packageJSON struct {
	Name, Version, License, Types  string
	Files                          []string
	Dependencies, PeerDependencies map[string]string
}

// TestClientPackagesInstalled shows that a package as npm packs it has its license and no test,
// that it can be imported with nothing but what it names, and that its types, which its
// test/types.ts uses all of, and the example in its README hold for both ways in which TypeScript
// finds modules.
func TestClientPackagesInstalled(t *testing.T) {
	t.Parallel()
	if _, err := recipes(); err != nil {
		t.Fatal(err) // the packages' dependencies are those of the recipes
	}
	for dir, page := range clientPackages {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			project := t.TempDir()
			pkg := install(t, project, dir)
			load := exec.Command("node", "--input-type=module", "--eval", "await import('"+pkg.Name+"')")
			load.Dir = project
			if out, err := load.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			writeFile(t, project, "readme.ts", page+"\n"+example(t, dir+"/README.md"))
			types, err := os.ReadFile(dir + "/test/types.ts")
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, project, "types.ts", string(types))
			for resolution, module := range map[string]string{"node16": "node16", "bundler": "esnext"} {
				_, skips := pkg.PeerDependencies["@blocknote/core"] // whose own types do not compile
				mustCompile(t, project, args{"moduleResolution": resolution, "module": module, "skipLibCheck": skips})
			}
		})
	}
}

// install packs a package into the node_modules of a project, with its dependencies.
func install(t *testing.T, project, dir string) (pkg packageJSON) {
	t.Helper()
	pack := exec.Command("npm", "pack", "--silent", "--pack-destination", project)
	pack.Dir = dir
	name, err := pack.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := unpack(t, filepath.Join(project, strings.TrimSpace(string(name))))
	if err := json.Unmarshal(files["package.json"], &pkg); err != nil || pkg.License != "Apache-2.0" || pkg.Version == "" {
		t.Fatalf("%v: %+v", err, pkg)
	}
	license, err := os.ReadFile("../../../LICENSE")
	if err != nil || !bytes.Equal(files["LICENSE"], license) {
		t.Errorf("%v: the license is not this repository's", err)
	}
	if len(files["README.md"]) == 0 || len(files[strings.TrimPrefix(pkg.Types, "./")]) == 0 {
		t.Errorf("%q has no README, or no types", slices.Sorted(maps.Keys(files)))
	}
	modules := filepath.Join(project, "node_modules")
	for name, content := range files {
		if strings.HasPrefix(name, "test/") {
			t.Error("packs", name)
		}
		writeFile(t, filepath.Join(modules, pkg.Name), name, string(content))
	}
	for _, needed := range []map[string]string{pkg.Dependencies, pkg.PeerDependencies} {
		for name := range needed {
			link(t, "recipes/node_modules/"+name, filepath.Join(modules, name))
		}
	}
	writeFile(t, project, "package.json", `{"type": "module"}`)
	return pkg
}

// unpack returns the files of an npm package.
func unpack(t *testing.T, path string) map[string][]byte {
	t.Helper()
	packed, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(unzipped); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[strings.TrimPrefix(header.Name, "package/")], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func writeFile(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, from, to string) {
	t.Helper()
	from, err := filepath.Abs(from)
	if err == nil {
		_, err = os.Stat(from)
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.Symlink(from, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// example returns the first script in a README.
func example(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```js\n(.*?)```").FindSubmatch(text)
	if found == nil {
		t.Fatal("no example in", path)
	}
	return string(found[1])
}

// mustCompile checks the scripts of a project with further options of the compiler.
func mustCompile(t *testing.T, project string, options args) {
	t.Helper()
	all := args{
		"strict": true, "noEmit": true, "exactOptionalPropertyTypes": true, "target": "es2022", "types": []string{},
		"lib": []string{"es2024", "dom", "dom.iterable", "dom.asynciterable"},
	}
	maps.Copy(all, options)
	config, _ := json.Marshal(args{"compilerOptions": all, "files": []string{"types.ts", "readme.ts"}})
	writeFile(t, project, "tsconfig.json", string(config))
	if out, err := nodeworker.Run(context.Background(), "node_modules/typescript/bin/tsc", "-p", project); err != nil {
		t.Errorf("%v: %v\n%s", options, err, out)
	}
}
