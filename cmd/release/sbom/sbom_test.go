package sbom

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
	"github.com/civicpress/civic-realtime/cmd/release/build"
)

// schema is the schema of SPDX 2.3 as its authors publish it.
const schema = "testdata/spdx-schema-2.3.json"

// mustBeValid checks a document against the schema, and that every element that it refers to is in
// it.
func mustBeValid(t *testing.T, text []byte) (d document) {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(schema)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(value); err != nil {
		t.Errorf("%#v", err)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{documentID: true}
	for _, p := range d.Packages {
		if known[p.SPDXID] || p.SPDXID == "SPDXRef-" || notInID.MatchString(p.SPDXID) {
			t.Errorf("%s is no identifier, or that of two packages", p.SPDXID)
		}
		known[p.SPDXID] = true
	}
	for _, r := range d.Relationships {
		if !known[r.SPDXElementID] || !known[r.RelatedSPDXElement] {
			t.Errorf("%+v: no such element", r)
		}
	}
	return d
}

// program builds a program of two modules once, and returns its path.
var program = sync.OnceValues(func() (path string, err error) {
	dir, err := os.MkdirTemp("", "civic-realtime-sbom-")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "program")
	out, err := exec.Command("go", "build", "-o", path, "..").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return path, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// mustHave returns the path of the program.
func mustHave(t *testing.T) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// known are components of the program, and one that is not.
var known = []licenses.Component{
	{Origin: licenses.Program, Name: "civic-realtime", License: "Apache-2.0"},
	{Origin: licenses.Go, Name: licenses.Standard, License: "BSD-3-Clause", Texts: []licenses.Text{{File: "LICENSE", Text: "Copyright 2009 The Go Authors.\n"}}},
	{Origin: licenses.Go, Name: "github.com/alecthomas/kong", Version: "v1.17.0", License: "MIT"},
	{Origin: licenses.Go, Name: "github.com/google/licensecheck", Version: "v0.3.1", License: "BSD-3-Clause", Texts: []licenses.Text{{File: "LICENSE", Text: "Copyright 2009 The Go Authors.\n\n  Copyright notice\nCopyright (c) 2020 Ann \ncopyright licenses\n"}}},
	{Origin: licenses.Go, Name: "example.org/not/linked", Version: "v1.0.0", License: "MIT"},
	{Origin: licenses.NPM, Name: "@a/b", Version: "1.2.3", License: "MIT", Sum: "sha512-AAEC"},
}

// TestDocument shows the document of two binaries: it is valid, and each binary contains exactly
// the modules that it names, Go of its version, and the npm packages, with URLs, checksums and
// holders.
func TestDocument(t *testing.T) {
	s := build.Source{Version: "1.2.3", Commit: "0123abcd", Modified: true, Time: time.Unix(1_700_000_000, 0)}
	all := []Binary{
		{Target: build.Targets[0], File: mustHave(t), Archive: schema},
		{Target: build.Targets[1], File: mustHave(t), Archive: "spdx.go"},
	}
	text, err := Document(s, all, known)
	if err != nil {
		t.Fatal(err)
	}
	d := mustBeValid(t, text)
	if d.CreationInfo.Created != "2023-11-14T22:13:20Z" || !strings.HasPrefix(d.DocumentNamespace, repository+"/spdx/1.2.3-") {
		t.Errorf("%+v", d)
	}
	parts := map[string]spdxPackage{}
	for _, p := range d.Packages {
		parts[p.SPDXID] = p
	}
	for _, r := range d.Relationships {
		delete(parts, r.RelatedSPDXElement)
		if r.SPDXElementID == "SPDXRef-binary-linux-amd64" && r.RelationshipType != contains {
			t.Errorf("%+v", r)
		}
	}
	if len(parts) > 0 || len(d.Packages) != 4+4 || len(d.Relationships) != 2*(2+4) {
		t.Errorf("%d packages, %d relationships, %v without one", len(d.Packages), len(d.Relationships), parts)
	}
	for _, p := range d.Packages {
		parts[p.Name+" "+p.PackageFileName] = p
	}
	for name, want := range map[string]string{
		"stdlib ":                         "pkg:golang/stdlib@1.",
		"github.com/alecthomas/kong ":     "pkg:golang/github.com/alecthomas/kong@v1.17.0",
		"github.com/google/licensecheck ": "pkg:golang/github.com/google/licensecheck@v0.3.1",
		"@a/b ":                           "pkg:npm/%40a/b@1.2.3",
		"civic-realtime civic-realtime":   "pkg:golang/github.com/civicpress/civic-realtime@v1.2.3",
	} {
		p := parts[name]
		if len(p.ExternalRefs) != 1 || !strings.HasPrefix(p.ExternalRefs[0].ReferenceLocator, want) {
			t.Errorf("%s: %+v", name, p)
		}
		if name != "stdlib " && len(p.Checksums) != 1 {
			t.Errorf("%s has no checksum", name)
		}
	}
	if got := parts["github.com/google/licensecheck "].CopyrightText; got != "Copyright 2009 The Go Authors.\nCopyright (c) 2020 Ann" {
		t.Errorf("holders %q", got)
	}
	if got := parts["@a/b "]; got.Checksums[0] != (checksum{"SHA512", "000102"}) || got.DownloadLocation != "https://registry.npmjs.org/@a/b/-/b-1.2.3.tgz" {
		t.Errorf("%+v", got)
	}
	if got := parts["civic-realtime civic-realtime"]; got.DownloadLocation != "git+"+repository+".git@0123abcd" || !strings.Contains(got.Comment, "0123abcd+") {
		t.Errorf("%+v", got)
	}
	if got := parts["civic-realtime spdx.go"].Checksums[0].ChecksumValue; len(got) != 64 {
		t.Errorf("checksum of an archive: %q", got)
	}
}

// TestDocumentRefused shows that there is no document of a binary with a module whose licence is
// not known, of a file that is no program, or with a checksum that is none.
func TestDocumentRefused(t *testing.T) {
	broken := append([]licenses.Component{{Origin: licenses.NPM, Name: "c", Version: "1.0.0", Sum: "sha1-AAEC"}}, known...)
	for want, test := range map[string]struct {
		file  string
		known []licenses.Component
	}{
		"has no github.com/google/licensecheck v0.3.1": {mustHave(t), known[:3]},
		"spdx.go":             {"spdx.go", known},
		"no such file":        {"missing", known},
		"begins with sha512-": {mustHave(t), broken},
	} {
		_, err := Document(build.Source{}, []Binary{{File: test.file, Archive: schema}}, test.known)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestAnotherDocument shows that releases with other files have other names for their documents.
func TestAnotherDocument(t *testing.T) {
	names := map[string]bool{}
	for _, archive := range []string{schema, "spdx.go", schema} {
		text, err := Document(build.Source{Version: "1"}, []Binary{{File: mustHave(t), Archive: filepath.Clean(archive)}}, known)
		if err != nil {
			t.Fatal(err)
		}
		names[mustBeValid(t, text).DocumentNamespace] = true
	}
	if len(names) != 2 {
		t.Errorf("%v", names)
	}
}

// TestModulePaths shows how the paths of modules are written in addresses of proxies.
func TestModulePaths(t *testing.T) {
	if got := escaped("github.com/VictoriaMetrics/metrics"); got != "github.com/!victoria!metrics/metrics" {
		t.Error(got)
	}
}
