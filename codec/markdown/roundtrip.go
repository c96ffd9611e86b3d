package markdown

import (
	"strings"
	"unicode"
)

// roundTrip determines, while a line is written, whether its text is certain to be read as that
// line. Then the text need not be parsed to check that. In doubt it is uncertain.
type roundTrip struct {
	uncertain    bool
	delimiters   int  // number written that may have an effect
	marked       bool // some of them must have one
	hasBreak     bool // the text has several lines
	hasBar       bool // the text has a bar, like a table
	hasBackslash bool // the line is a cell with a backslash
	opens        bool // emphasis was opened behind before, and no text was written since
	before       rune
	closes       bool // emphasis was closed behind last, and no text was written since
	last         rune
}

// maxRoundTripDelimiters is the number of delimiters that may have an effect in a line of any
// length.
const maxRoundTripDelimiters = minDelimiters - 4

func (c *roundTrip) uncertainIf(is bool) { c.uncertain = c.uncertain || is }

// open notes that emphasis is opened.
func (c *roundTrip) open(before rune) {
	c.uncertainIf(c.closes)
	if !c.opens {
		c.opens, c.before = true, before
	}
	c.count(1)
}

// close notes that emphasis is closed.
func (c *roundTrip) close(last rune) {
	c.uncertainIf(c.opens)
	if !c.closes {
		c.closes, c.last = true, last
	}
	c.count(1)
}

// count counts delimiters that must have an effect.
func (c *roundTrip) count(delimiters int) {
	c.delimiters += delimiters
	c.marked = true
}

// end notes the end of a line, and its length in bytes.
func (c *roundTrip) end(length int) {
	c.next(' ')
	c.uncertainIf(c.marked && c.delimiters > maxRoundTripDelimiters)
	c.uncertainIf(c.hasBar && (c.hasBreak || c.hasBackslash) || length >= MaxSize-2)
}

// next notes the first character of the text that is written next, or a blank at the end.
func (c *roundTrip) next(first rune) {
	if c.opens {
		c.uncertainIf(!onlyOpens(c.before, first))
	}
	if c.closes {
		c.uncertainIf(!onlyOpens(first, c.last))
	}
	c.opens, c.closes = false, false
}

// onlyOpens reports whether asterisks between two characters can open emphasis and not close it.
// With the characters exchanged it reports whether they can only close it.
func onlyOpens(before, after rune) bool {
	switch {
	case isSpace(after) || unicode.IsSpace(after):
		return false
	case before == ' ' || before == '\n':
		return true
	}
	isDelimiter := before == '*' || before == '_' || before == '`'
	isWord := unicode.IsLetter(after) || unicode.IsDigit(after)
	return isWord && !isDelimiter && unicode.IsPunct(before)
}

// text notes a text that is no code. start is whether it begins a line.
func (c *roundTrip) text(s string, start bool, kind lineKind) {
	for i := range len(s) {
		switch b := s[i]; {
		case b > '|' && b != 0x7f || b > '_' && b < '|' || b > '@' && b < '[' || b == ' ':
		case b < ' ' && b != '\t' || b == 0x7f, b == '#' && kind == headingLine,
			b == '<' && mayBeTag(s[i+1:]), b == '&' && mayBeEntity(s[i+1:]):
			c.uncertain = true
			return
		case b == '|':
			c.hasBar = true
		case b == '\\':
			c.hasBackslash = kind == cellLine
		case b == '_':
			c.delimiters++
		}
	}
	c.uncertainIf(start && mayStartBlock(s))
}

// mayBeTag reports whether HTML or an address may begin with "<" and s.
func mayBeTag(s string) bool {
	return s == "" || isAlnum(s[0]) || strings.IndexByte("/!?\\", s[0]) >= 0
}

// mayBeEntity reports whether an entity may begin with "&" and s.
func mayBeEntity(s string) bool { return s == "" || isAlnum(s[0]) || s[0] == '#' }

// mayStartBlock reports whether a block other than a paragraph may begin with a text.
func mayStartBlock(s string) bool {
	if s == "" || strings.IndexByte(" +-=:|>#~", s[0]) >= 0 {
		return true
	}
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	return digits > 0 && digits < len(s) && (s[digits] == '.' || s[digits] == ')')
}

// code notes a text that is code, and the character before it.
func (c *roundTrip) code(s string, behind rune, kind lineKind) {
	c.uncertainIf(behind == '`' || strings.Trim(s, " ") == "" || s[0] == ' ' && s[len(s)-1] == ' ')
	c.uncertainIf(kind == cellLine && strings.IndexByte(s, '|') >= 0)
	for i := range len(s) {
		c.uncertainIf(s[i] < ' ')
	}
}

// address notes an address with its title.
func (c *roundTrip) address(s, title string) {
	c.uncertainIf(s == "" || strings.Contains(s, "xn--"))
	for i := range len(s) {
		c.uncertainIf(!isAlnum(s[i]) && strings.IndexByte("-._~:/?#@!$'+,;=%()", s[i]) < 0)
	}
	c.plain(title)
}

// plain notes an attribute, which must have no syntax.
func (c *roundTrip) plain(s string) {
	for i := range len(s) {
		c.uncertainIf(s[i] < ' ' || strings.IndexByte("\\&<>|*_`[]!", s[i]) >= 0)
	}
}

// lineKind is the kind of block that a line is in.
type lineKind int

const (
	paragraphLine lineKind = iota
	headingLine
	cellLine
)
