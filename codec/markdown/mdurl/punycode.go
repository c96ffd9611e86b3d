package mdurl

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Punycode (RFC 3492), without the rules of IDNA, like punycode.js, which markdown-it uses.
//
// golang.org/x/net/idna is not used: with any profile it decodes a label that begins with "xn--"
// before it encodes it, and keeps the case of labels that it decodes; punycode.js does neither.

const (
	punyBase    = 36
	punyInitial = 128
	punyDigits  = "abcdefghijklmnopqrstuvwxyz0123456789"
)

// encodeLabel returns a label in Punycode, or itself if it is ASCII.
func encodeLabel(label string) string {
	runes := []rune(label)
	var out []byte
	for _, r := range runes {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
		}
	}
	if len(out) == len(label) {
		return label
	}
	basic := len(out)
	if basic > 0 {
		out = append(out, '-')
	}
	return "xn--" + string(punyEncode(out, runes, basic))
}

func punyEncode(out []byte, runes []rune, basic int) []byte {
	n, delta, bias := rune(punyInitial), 0, 72
	for done := basic; done < len(runes); n++ {
		next := rune(utf8.MaxRune)
		for _, r := range runes {
			if r >= n {
				next = min(next, r)
			}
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, r := range runes {
			if r < n {
				delta++
			} else if r == n {
				out = punyNumber(out, delta, bias)
				bias = adapt(delta, done+1, done == basic)
				delta = 0
				done++
			}
		}
		delta++
	}
	return out
}

func threshold(k, bias int) int { return max(1, min(26, k-bias)) }

func punyNumber(out []byte, q, bias int) []byte {
	for k := punyBase; ; k += punyBase {
		t := threshold(k, bias)
		if q < t {
			return append(out, punyDigits[q])
		}
		out = append(out, punyDigits[t+(q-t)%(punyBase-t)])
		q = (q - t) / (punyBase - t)
	}
}

func adapt(delta, points int, first bool) int {
	if first {
		delta /= 700
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > 455; k += punyBase {
		delta /= punyBase - 1
	}
	return k + 36*delta/(delta+38)
}

// decodeLabel decodes a label. It returns one that is no Punycode unchanged.
func decodeLabel(label string) string {
	if len(label) < 4 || label[:4] != "xn--" || len(label) > 256 {
		return label
	}
	if runes, ok := punyDecode(strings.ToLower(label[4:])); ok {
		return string(runes)
	}
	return label
}

func punyDecode(s string) ([]rune, bool) {
	var out []rune
	if at := strings.LastIndexByte(s, '-'); at > 0 {
		out, s = []rune(s[:at]), s[at+1:]
	}
	n, at, bias := punyInitial, 0, 72
	for s != "" {
		before, weight := at, 1
		for k := punyBase; ; k += punyBase {
			if s == "" {
				return nil, false
			}
			digit := strings.IndexByte(punyDigits, s[0])
			s = s[1:]
			if digit < 0 || weight > 1<<30 {
				return nil, false
			}
			at += digit * weight
			t := threshold(k, bias)
			if digit < t {
				break
			}
			weight *= punyBase - t
		}
		bias = adapt(at-before, len(out)+1, before == 0)
		n += at / (len(out) + 1)
		at %= len(out) + 1
		if n > utf8.MaxRune {
			return nil, false
		}
		out = slices.Insert(out, at, rune(n))
		at++
	}
	return out, true
}
