package markdown

import (
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Addresses are written as mdurl writes them, which markdown-it uses.

var (
	badProtocol = regexp.MustCompile(`^(vbscript|javascript|file|data):`)
	goodData    = regexp.MustCompile(`^data:image/(gif|png|jpeg|webp);`)
	hostOf      = regexp.MustCompile(`^((?i:https?):///?|//|(?i:mailto):)((?:[^/?#]*@)?)([^/?#%;'{}|\\^` + "`" + `<>"\s]*)`)
)

// trim takes off what JavaScript's trim does.
func trim(s string) string { return strings.TrimFunc(s, isSpace) }

// isSpace is JavaScript's \s.
func isSpace(r rune) bool {
	if r < 0x80 {
		return r == ' ' || r >= '\t' && r <= '\r'
	}
	return unicode.Is(unicode.Zs, r) || r == 0x2028 || r == 0x2029 || r == 0xfeff
}

// isSafe says whether an address may be linked to. What may not stays text.
func isSafe(address string) bool {
	if strings.HasPrefix(address, "http") || strings.HasPrefix(address, "/") || strings.HasPrefix(address, "#") {
		return true
	}
	s := strings.ToLower(trim(address))
	return !badProtocol.MatchString(s) || goodData.MatchString(s)
}

// address makes an address of what was written in its place: percent-encoded, its host in Punycode.
func address(s string) string {
	if isAddress(s) {
		return s
	}
	return percentEncode(mapLabels(trim(s), punycodeLabel))
}

// isAddress says whether address leaves a text as it is, without looking at every case in which it does.
func isAddress(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte(addressBytes, s[i]) < 0 {
			return false
		}
	}
	return true
}

// destination is the address that was written as raw, with its escapes.
func destination(raw []byte) string { return address(unescape(string(raw), false)) }

// mapHost replaces the labels of an address' host.
func mapLabels(s string, label func(string) string) string {
	m := hostOf.FindStringSubmatchIndex(s)
	if m == nil {
		return s
	}
	host := s[m[6]:m[7]]
	labels := strings.FieldsFunc(host, isDot)
	if len(labels) == 0 || len(host) > 4096 {
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

const addressBytes = ";/?:@&=+$,-_.!~*'()#"

func percentEncode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]), isAlnum(c), strings.IndexByte(addressBytes, c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
		}
	}
	return b.String()
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }
func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// addressText is an address as people read it, the text of <http://…>.
func addressText(s string) string {
	s = mapLabels(trim(s), unicodeLabel)
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

// decodeRun decodes %xx after %xx, but for what would then mean something else.
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
