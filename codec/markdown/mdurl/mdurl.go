// Package mdurl encodes and decodes addresses like the JavaScript package mdurl, which markdown-it
// uses, with the labels of host names in Punycode. It is pure.
//
// Files, in layers; each uses only what is listed before it:
//
//	punycode.go           labels in Punycode
//	mdurl.go              addresses
package mdurl

import (
	"encoding/hex"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Encode returns an address percent-encoded, and its host in Punycode.
func Encode(s string) string {
	if IsEncoded(s) {
		return s
	}
	return percentEncode(mapLabels(s, encodeLabel))
}

// IsEncoded reports whether Encode is known to return s itself. It checks only what is cheap to
// check.
func IsEncoded(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte(unescaped, s[i]) < 0 {
			return false
		}
	}
	return true
}

// Decode returns an address in a form for people to read.
func Decode(s string) string {
	s = mapLabels(s, decodeLabel)
	var b strings.Builder
	for i := 0; i < len(s); {
		n := 0
		for i+n+2 < len(s) && s[i+n] == '%' && isHex(s[i+n+1]) && isHex(s[i+n+2]) {
			n += 3
		}
		if n == 0 {
			b.WriteByte(s[i])
			i++
			continue
		}
		decodeRun(&b, s[i:i+n])
		i += n
	}
	return b.String()
}

// withHost matches the start of an address up to its host, and the host.
var withHost = regexp.MustCompile(`^((?i:https?):///?|//|(?i:mailto):)((?:[^/?#]*@)?)` +
	`([^/?#%;'{}|\\^` + "`" + `<>"\s]*)`)

// maxHost is the length in bytes of the longest host whose labels are mapped.
const maxHost = 4096

// mapLabels replaces the labels of the host in an address.
func mapLabels(s string, label func(string) string) string {
	m := withHost.FindStringSubmatchIndex(s)
	if m == nil {
		return s
	}
	host := s[m[6]:m[7]]
	labels := strings.FieldsFunc(host, isDot)
	if len(labels) == 0 || len(host) > maxHost {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:m[6]])
	for host != "" {
		at := strings.IndexFunc(host, isDot)
		if at < 0 {
			b.WriteString(label(host))
			break
		}
		_, n := utf8.DecodeRuneInString(host[at:])
		b.WriteString(label(host[:at]))
		b.WriteByte('.')
		host = host[at+n:]
	}
	return b.String() + s[m[7]:]
}

func isDot(r rune) bool { return r == '.' || r == '\u3002' || r == '\uff0e' || r == '\uff61' }

// unescaped are the bytes, beside letters and digits, that are not percent-encoded.
const unescaped = ";/?:@&=+$,-_.!~*'()#"

func percentEncode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]),
			isAlnum(c), strings.IndexByte(unescaped, c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
		}
	}
	return b.String()
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isAlnum(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }

// decodeRun decodes a run of %xx. The bytes that separate parts of an address stay encoded.
func decodeRun(b *strings.Builder, run string) {
	raw, _ := hex.DecodeString(strings.ReplaceAll(run, "%", ""))
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		if r < utf8.RuneSelf && strings.IndexByte(";/?:@&=+$,#%", byte(r)) >= 0 {
			b.WriteString("%" + strings.ToUpper(hex.EncodeToString(raw[:1])))
		} else {
			b.WriteRune(r)
		}
		raw = raw[n:]
	}
}
