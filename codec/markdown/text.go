package markdown

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/civicpress/civic-realtime/codec/markdown/mdurl"
)

var (
	badProtocol = regexp.MustCompile(`^(vbscript|javascript|file|data):`)
	goodData    = regexp.MustCompile(`^data:image/(gif|png|jpeg|webp);`)
)

// trim removes whitespace from both ends, like JavaScript's trim.
func trim(s string) string { return strings.TrimFunc(s, isSpace) }

// isSpace reports whether r is whitespace to JavaScript: its \s.
func isSpace(r rune) bool {
	if r < 0x80 {
		return r == ' ' || r >= '\t' && r <= '\r'
	}
	return unicode.Is(unicode.Zs, r) || r == 0x2028 || r == 0x2029 || r == 0xfeff
}

func isAlnum(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }

// isSafe reports whether a link may lead to an address, like markdown-it's validateLink.
func isSafe(address string) bool {
	isLocal := address != "" && (address[0] == '/' || address[0] == '#')
	if isLocal || strings.HasPrefix(address, "http") {
		return true
	}
	s := strings.ToLower(trim(address))
	return !badProtocol.MatchString(s) || goodData.MatchString(s)
}

// address returns an address in the form that trees have.
func address(s string) string {
	if mdurl.IsEncoded(s) {
		return s
	}
	return mdurl.Encode(trim(s))
}

// isAddress reports whether address is known to return s itself. It checks only what is cheap to
// check.
func isAddress(s string) bool { return mdurl.IsEncoded(s) }

// destination returns the address of a link's destination, with its escapes.
func destination(raw []byte) string { return address(unescape(string(raw), false)) }

// addressText returns the text of a link whose text is its address, <http://…>.
func addressText(s string) string { return mdurl.Decode(trim(s)) }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// codeText replaces line endings and NUL like markdown-it.
var codeText = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD")

// NormalizeCode returns the part of a code block's text that Markdown can express.
func NormalizeCode(s string) string {
	if strings.ContainsAny(s, "\r\x00") {
		s = codeText.Replace(s)
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// lineText replaces line endings and NUL in text of a line.
var lineText = strings.NewReplacer(
	"\r\n", " ", "\n", " ", "\r", " ", "\f", " ", "\v", " ", "\x00", "\uFFFD",
)

// oneLine returns the part of a text that Markdown can express in a line.
func oneLine(s string) string {
	if strings.ContainsAny(s, "\r\n\f\v\x00") {
		s = lineText.Replace(s)
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// normalizeParams returns parameters that can be behind a fence of backticks.
func normalizeParams(params string) string { return strings.ReplaceAll(oneLine(params), "`", "") }
