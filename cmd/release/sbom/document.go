package sbom

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
	"github.com/civicpress/civic-realtime/cmd/release/build"
)

// Binary is a binary of a release, and the archive that it is in.
type Binary struct {
	Target          build.Target
	File, Archive   string // paths
	sum, archiveSum string // SHA-256
}

const (
	repository = "https://github.com/civicpress/civic-realtime"
	supplier   = "Organization: CivicPress"
	license    = "Apache-2.0"
)

// Name returns the name of the document of a release.
func Name(s build.Source) string { return build.Program + "_" + s.Version + ".spdx.json" }

// Document returns the document of a release. Modules are those that the binaries themselves name;
// known has their licences. A module that it does not have in that version is an error.
func Document(s build.Source, all []Binary, known []licenses.Component) ([]byte, error) {
	d := document{
		SPDXVersion: "SPDX-2.3", DataLicense: "CC0-1.0", SPDXID: documentID,
		Name: build.Program + "-" + s.Version,
		CreationInfo: creationInfo{s.Time.UTC().Format(time.RFC3339), []string{
			supplier, "Tool: civic-realtime-release-" + s.Version,
		}},
	}
	w := &writer{document: &d, source: s, known: known}
	for i := range all {
		if err := w.add(&all[i]); err != nil {
			return nil, err
		}
	}
	d.DocumentNamespace = repository + "/spdx/" + s.Version + "-" + digest(all)
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(d)
	return text.Bytes(), err
}

// digest returns a text that is different for releases with different files.
func digest(all []Binary) string {
	h := sha256.New()
	for _, b := range all {
		fmt.Fprintln(h, b.Target, b.sum, b.archiveSum)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// writer adds packages and relationships to a document.
type writer struct {
	*document
	source build.Source
	known  []licenses.Component
}

func (w *writer) relate(from, kind, to string) {
	w.Relationships = append(w.Relationships, relationship{from, kind, to})
}

// add describes a binary, its archive, and all that is in it.
func (w *writer) add(b *Binary) (err error) {
	if b.sum, err = build.Sum(b.File); err != nil {
		return err
	}
	if b.archiveSum, err = build.Sum(b.Archive); err != nil {
		return err
	}
	system := plain(b.Target.String())
	archive, binary := w.own("archive", system, b.archiveSum), w.own("binary", system, b.sum)
	archive.PackageFileName, archive.PrimaryPackagePurpose = filepath.Base(b.Archive), "ARCHIVE"
	binary.PackageFileName, binary.PrimaryPackagePurpose = build.Program, "APPLICATION"
	binary.ExternalRefs = purl("pkg:golang/github.com/civicpress/civic-realtime@v" + w.source.Version)
	w.Packages = append(w.Packages, archive, binary)
	w.relate(documentID, describes, archive.SPDXID)
	w.relate(archive.SPDXID, contains, binary.SPDXID)
	parts, err := w.partsOf(b.File)
	if err != nil {
		return fmt.Errorf("%s: %w", b.File, err)
	}
	for _, c := range parts {
		if err := w.addPart(c, binary.SPDXID); err != nil {
			return err
		}
	}
	return nil
}

// own describes a file of the release.
func (w *writer) own(kind, system, sum string) spdxPackage {
	p := spdxPackage{
		SPDXID: "SPDXRef-" + kind + "-" + system, Name: build.Program,
		VersionInfo: w.source.Version, Supplier: supplier, DownloadLocation: unknown,
		Checksums: []checksum{{"SHA256", sum}}, LicenseConcluded: license,
		LicenseDeclared: license, CopyrightText: unknown,
		Comment: "Built for " + system + " from " + w.source.Name() + ".",
	}
	if w.source.Commit != "" {
		p.DownloadLocation = "git+" + repository + ".git@" + w.source.Commit
	}
	return p
}

// addPart adds a component of a binary, once for all binaries.
func (w *writer) addPart(c licenses.Component, binary string) error {
	p, err := packageOf(c)
	if err != nil {
		return err
	}
	same := func(other spdxPackage) bool { return other.SPDXID == p.SPDXID }
	if !slices.ContainsFunc(w.Packages, same) {
		w.Packages = append(w.Packages, p)
	}
	w.relate(binary, contains, p.SPDXID)
	return nil
}

// partsOf returns the components of a binary: the modules that it names, the standard library of
// its version of Go, and all npm packages.
func (w *writer) partsOf(file string) (parts []licenses.Component, err error) {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return nil, err
	}
	sums := make(map[string]string) // by path and version
	for _, m := range info.Deps {
		sums[m.Path+" "+m.Version] = m.Sum
	}
	for _, c := range w.known {
		switch sum, linked := sums[c.Name+" "+c.Version]; {
		case c.Origin == licenses.Go && c.Name == licenses.Standard:
			c.Version, _, _ = strings.Cut(info.GoVersion, " ")
		case c.Origin == licenses.Go && linked:
			c.Sum = sum
			delete(sums, c.Name+" "+c.Version)
		case c.Origin != licenses.NPM:
			continue
		}
		parts = append(parts, c)
	}
	for name := range sums {
		return nil, fmt.Errorf("the list of licences has no %s: `make licenses` adds it", name)
	}
	return parts, nil
}
