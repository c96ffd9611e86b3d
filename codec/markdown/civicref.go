package markdown

import (
	"regexp"
	"strings"
)

// A reference is the comment <!--civic-ref type="…" id="…" label="…"-->.
var (
	civicRefForm  = regexp.MustCompile(`^<!--civic-ref[\s\x{a0}\x{feff}]+type="([^"]*)"[\s\x{a0}\x{feff}]+id="([^"]*)"[\s\x{a0}\x{feff}]+label="([^"]*)"-->$`)
	civicRefStart = regexp.MustCompile(`^ {0,3}<!--civic-ref[ \t]+type="[^"]*"[ \t]+id="[^"]*"[ \t]+label="[^"]*"-->`)

	civicRefEscaper   = strings.NewReplacer(`"`, "&quot;", "--", "&#45;&#45;")
	civicRefUnescaper = strings.NewReplacer("&quot;", `"`, "&#45;&#45;", "--")
)

// parseCivicRef reads a piece of HTML that may be a reference.
func parseCivicRef(html string) (Node, bool) {
	m := civicRefForm.FindStringSubmatch(html)
	if m == nil {
		return Node{}, false
	}
	attrs := Attrs{"refType": refType(m[1]), "id": civicRefUnescaper.Replace(m[2]), "label": civicRefUnescaper.Replace(m[3])}
	return Node{Name: CivicRef, Attrs: attrs}, true
}

// refType is a type that there is.
func refType(s string) string {
	switch s {
	case "geography", "attachment":
		return s
	}
	return "record"
}

func appendCivicRef(dst []byte, a Attrs) []byte {
	for _, part := range [...]string{
		`<!--civic-ref type="`, civicRefEscaper.Replace(a.str("refType")),
		`" id="`, civicRefEscaper.Replace(a.str("id")),
		`" label="`, civicRefEscaper.Replace(a.str("label")), `"-->`,
	} {
		dst = append(dst, part...)
	}
	return dst
}
