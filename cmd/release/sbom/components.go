package sbom

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
)

// idOf returns the identifier of a component in the document.
func idOf(c licenses.Component) string {
	return "SPDXRef-" + c.Origin + "-" + plain(c.Name+"-"+c.Version)
}

var notInID = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// plain replaces the characters that an identifier must not have.
func plain(text string) string { return strings.Trim(notInID.ReplaceAllString(text, "-"), "-") }

// packageOf describes a component. Its version is that of the build.
func packageOf(c licenses.Component) (p spdxPackage, err error) {
	p = spdxPackage{
		SPDXID: idOf(c), Name: c.Name, VersionInfo: c.Version, PrimaryPackagePurpose: "LIBRARY",
		Supplier: unknown, LicenseConcluded: c.License, LicenseDeclared: c.License,
		CopyrightText: copyrightOf(c),
	}
	switch {
	case c.Origin == licenses.NPM:
		p.DownloadLocation = fmt.Sprintf("https://registry.npmjs.org/%s/-/%s-%s.tgz",
			c.Name, path.Base(c.Name), c.Version)
		p.ExternalRefs = purl("pkg:npm/" + strings.Replace(c.Name, "@", "%40", 1) + "@" + c.Version)
		p.Checksums, err = checksumsOf("SHA512", "sha512-", c.Sum)
	case c.Name == licenses.Standard:
		p.Name = "stdlib"
		p.DownloadLocation = "https://go.dev/dl/" + c.Version + ".src.tar.gz"
		p.ExternalRefs = purl("pkg:golang/stdlib@" + strings.TrimPrefix(c.Version, "go"))
	default:
		p.DownloadLocation = "https://proxy.golang.org/" + escaped(c.Name) + "/@v/" +
			escaped(c.Version) + ".zip"
		p.ExternalRefs = purl("pkg:golang/" + c.Name + "@" + strings.ReplaceAll(c.Version, "+", "%2B"))
		p.Checksums, err = checksumsOf("SHA256", "h1:", c.Sum)
		p.Comment = "The checksum is that of go.sum: of the names and sums of all files."
	}
	if err != nil {
		return p, fmt.Errorf("%s: %w", c.Name, err)
	}
	return p, nil
}

// escaped returns the path or version of a module as proxies have it, whose file systems may not
// distinguish capitals.
func escaped(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('!')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// checksumsOf returns a checksum that is in base64 behind a prefix.
func checksumsOf(algorithm, prefix, sum string) ([]checksum, error) {
	text, ok := strings.CutPrefix(sum, prefix)
	b, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(b) == 0 {
		return nil, fmt.Errorf("%q is no checksum that begins with %s", sum, prefix)
	}
	return []checksum{{algorithm, hex.EncodeToString(b)}}, nil
}

// copyright matches lines of licences that name a holder.
var copyright = regexp.MustCompile(`(?im)^[ \t]*(copyright (?:\(c\)|©|\d{4})[^\n]*[^\n\s])[ \t]*$`)

// copyrightOf returns the lines of a component's texts that name holders.
func copyrightOf(c licenses.Component) string {
	var lines []string
	for _, t := range c.Texts {
		for _, m := range copyright.FindAllStringSubmatch(t.Text, -1) {
			if !slices.Contains(lines, m[1]) {
				lines = append(lines, m[1])
			}
		}
	}
	if len(lines) == 0 {
		return unknown
	}
	return strings.Join(lines, "\n")
}
