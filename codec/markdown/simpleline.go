package markdown

import (
	"strings"
	"unicode/utf8"
)

// simpleLine parses a line that has no other syntax than asterisks around words, like goldmark, at
// a fraction of the cost. Most lines of most records are such lines. It returns false for any
// other.
func simpleLine(s string) (nodes []Node, ok bool) {
	if !isSimple(s) {
		return nil, false
	}
	open, start := 0, 0 // length of the open delimiter; offset behind the last delimiter
	for at := strings.IndexByte(s, '*'); at >= 0; at = indexFrom(s, '*', start) {
		end := at + 1
		for end < len(s) && s[end] == '*' {
			end++
		}
		nodes = appendSimple(nodes, s[start:at], open)
		switch n := end - at; {
		case open == 0 && n <= 2 && opens(s, at, end):
			open = n
		case open == n && closes(s, at, end):
			open = 0
		default:
			return nil, false
		}
		start = end
	}
	return appendSimple(nodes, s[start:], 0), open == 0
}

func indexFrom(s string, c byte, from int) int {
	if i := strings.IndexByte(s[from:], c); i >= 0 {
		return from + i
	}
	return -1
}

// appendSimple appends a text that is behind a delimiter of a number of asterisks.
func appendSimple(nodes []Node, text string, asterisks int) []Node {
	if text == "" {
		return nodes
	}
	n := Node{Name: Text, Text: text}
	switch asterisks {
	case 1:
		n.Marks = []Mark{{Name: Em}}
	case 2:
		n.Marks = []Mark{{Name: Strong}}
	}
	return append(nodes, n)
}

// isSimple reports whether a line has no syntax but asterisks, no blank at its ends, and no more
// asterisks than may have an effect.
func isSimple(s string) bool {
	asterisks := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c == 0x7f, c == ' ' && (i == 0 || i == len(s)-1):
			return false
		case c == '\\' || c == '`' || c == '_' || c == '[' || c == ']' || c == '<' || c == '&':
			return false
		case c == '*':
			asterisks++
		}
	}
	return s != "" && asterisks <= minDelimiters
}

// opens reports whether asterisks can only open emphasis: they are before a letter or digit, and
// behind a blank or nothing.
func opens(s string, at, end int) bool {
	return (at == 0 || s[at-1] == ' ') && end < len(s) && isAlnum(s[end])
}

// closes reports whether asterisks can only close emphasis: they are behind a letter or digit, and
// before a blank, punctuation or nothing.
func closes(s string, at, end int) bool {
	return isAlnum(s[at-1]) && (end == len(s) || s[end] < utf8.RuneSelf && !isAlnum(s[end]))
}
