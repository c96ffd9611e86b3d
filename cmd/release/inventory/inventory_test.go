package inventory

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
)

const root = "../../.."

// TestListFitsTheBuild fails when the binary is built of anything that the list of licences does
// not have in this version, or of less.
func TestListFitsTheBuild(t *testing.T) {
	want, err := Collect(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, File))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not that of this build: `make licenses` writes it", File)
	}
}

const (
	mit = `MIT License

Copyright (c) 2026 Ann

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`
	isc = `Copyright 2026 Ben

Permission to use, copy, modify, and/or distribute this software for any purpose
with or without fee is hereby granted, provided that the above copyright notice
and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH
REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS
OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER
TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.
`
	gpl = `This program is free software: you can redistribute it and/or modify
it under the terms of the GNU General Public License as published by
the Free Software Foundation, either version 3 of the License, or
(at your option) any later version.

This program is distributed in the hope that it will be useful,
but WITHOUT ANY WARRANTY; without even the implied warranty of
MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
GNU General Public License for more details.

You should have received a copy of the GNU General Public License
along with this program.  If not, see <https://www.gnu.org/licenses/>.
`
)

// write writes files below a new folder, by path, and returns the folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestLicensesOfModule shows that the licence of a component is that of all files in the folders of
// its packages and above, and that notices are kept; and that a folder without a licence, with an
// unknown one or with one that must not be in the binary is refused.
func TestLicensesOfModule(t *testing.T) {
	for _, test := range []struct {
		files       map[string]string
		want, texts string
		err         string
	}{
		{map[string]string{"LICENSE": mit, "README": gpl, "a/b/x.go": ""}, "MIT", "LICENSE", ""},
		{map[string]string{"COPYING": mit, "a/License.txt": isc, "NOTICE": "By Ann.\n", "c/LICENSE": gpl, "a/b/x.go": ""}, "ISC AND MIT", "COPYING NOTICE a/License.txt", ""},
		{map[string]string{"LICENSE": mit + "\n\n" + isc, "license.go": gpl, "a/b/x.go": ""}, "ISC AND MIT", "LICENSE", ""},
		{map[string]string{"NOTICE": "By Ann.\n", "a/b/x.go": ""}, "", "", "has no file with a licence"},
		{map[string]string{"LICENSE": "All rights reserved.\n", "a/b/x.go": ""}, "", "", "no known licence"},
		{map[string]string{"LICENSE": mit, "a/LICENSE": gpl, "a/b/x.go": ""}, "", "", "GPL-3.0-or-later is no licence that may be in the binary"},
	} {
		dir := write(t, test.files)
		c := licenses.Component{Name: "x"}
		err := describe(&c, dir, []string{filepath.Join(dir, "a/b")})
		var files []string
		for _, text := range c.Texts {
			files = append(files, text.File)
		}
		if c.License != test.want || strings.Join(files, " ") != test.texts {
			t.Errorf("%v: %s of %q, want %s of %s", test.files, c.License, files, test.want, test.texts)
		}
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%v: %v, want %q", test.files, err, test.err)
		}
	}
}

// TestReplacedModule shows that a module is refused whose code is another's.
func TestReplacedModule(t *testing.T) {
	p := linked{ImportPath: "x/y"}
	p.Module = &struct {
		Path, Version, Dir, Sum string
		Main                    bool
		Replace                 *struct{ Path string }
	}{Path: "x", Replace: &struct{ Path string }{"../x"}}
	if _, err := modules([]linked{p}); err == nil || !strings.Contains(err.Error(), "x is replaced") {
		t.Error(err)
	}
}

// TestPackagesInScript shows that packages are read from the list beside a script, else from the
// comment at its end, with the checksums of package-lock.json; and that a script is refused without
// a list, of a package that the lock does not have, or whose licences disagree.
func TestPackagesInScript(t *testing.T) {
	const lock = `{"packages": {"": {"version": "1.0.0"}, "node_modules/@a/b": {"version": "1.2.3", "integrity": "sha512-one"}, "node_modules/c": {"version": "4.0.0", "integrity": "sha512-other"}, "node_modules/d/node_modules/c": {"version": "5.0.0-rc.1", "integrity": "sha512-two"}}}`
	const list = "@a/b 1.2.3 (MIT)\n\n" + mit + "\nc 5.0.0-rc.1 (ISC)\n\n" + isc
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"beside":      {map[string]string{"bundle.js": "f()\n", "licenses.txt": list}, "@a/b 1.2.3 MIT sha512-one, c 5.0.0-rc.1 ISC sha512-two"},
		"in it":       {map[string]string{"bundle.js": "f()\n/*\n" + list + "*/\n"}, "@a/b 1.2.3 MIT sha512-one, c 5.0.0-rc.1 ISC sha512-two"},
		"without":     {map[string]string{"bundle.js": "f()\n"}, "no list of its packages"},
		"not locked":  {map[string]string{"bundle.js": "f()\n", "licenses.txt": "c 6.0.0\n\n" + isc}, "has no c 6.0.0"},
		"another":     {map[string]string{"bundle.js": "f()\n", "licenses.txt": "c 4.0.0 (ISC)\n\n" + mit}, "its text is MIT, and its package.json says ISC"},
		"not allowed": {map[string]string{"bundle.js": "f()\n", "licenses.txt": "c 4.0.0\n\n" + gpl}, "GPL-3.0-or-later is no licence"},
	} {
		test.files[LockFile] = lock
		dir := write(t, test.files)
		var got []string
		found, err := scripts(dir, []linked{{Dir: dir, EmbedFiles: []string{"page.html", "bundle.js"}}})
		for _, c := range found {
			got = append(got, c.Name+" "+c.Version+" "+c.License+" "+c.Sum)
		}
		if err != nil {
			got = []string{err.Error()}
		}
		if !strings.Contains(strings.Join(got, ", "), test.want) {
			t.Errorf("%s: %q, want %s", name, got, test.want)
		}
	}
}
