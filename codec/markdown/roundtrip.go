package markdown

import (
	"strings"
	"unicode"
)

// certainty says whether a line that is being written can only be read as what it was written of. Then it
// need not be read to find out. It errs on the side of doubt.
type roundTrip struct {
	uncertain    bool
	delimiters   int  // that were written and may count
	marked       bool // some of them have to
	hasBreak     bool // there are several lines
	hasBar       bool // there is a bar, as in a table
	hasBackslash bool // there is a backslash in a cell
	opens        bool // emphasis was opened behind before, and nothing was written since
	before       rune
	closes       bool // emphasis was closed behind last, and nothing was written since
	last         rune
}

// maxCertainDelimiters is how many delimiters count in a line of any length.
const maxRoundTripDelimiters = minDelimiters - 4

func (c *roundTrip) uncertainIf(doubt bool) { c.uncertain = c.uncertain || doubt }

// opening notes that emphasis is opened.
func (c *roundTrip) open(before rune) {
	c.uncertainIf(c.closes)
	if !c.opens {
		c.opens, c.before = true, before
	}
	c.count(1)
}

// closing notes that emphasis is closed.
func (c *roundTrip) close(last rune) {
	c.uncertainIf(c.opens)
	if !c.closes {
		c.closes, c.last = true, last
	}
	c.count(1)
}

// count counts delimiters that have to be read as such.
func (c *roundTrip) count(delimiters int) {
	c.delimiters += delimiters
	c.marked = true
}

// ends notes the end of a line of so many bytes.
func (c *roundTrip) end(length int) {
	c.next(' ')
	c.uncertainIf(c.marked && c.delimiters > maxRoundTripDelimiters || c.hasBar && (c.hasBreak || c.hasBackslash) || length >= MaxSize-2)
}

// shows notes the first character of what is written next, a blank at the end of the line.
func (c *roundTrip) next(first rune) {
	if c.opens {
		c.uncertainIf(!onlyOpens(c.before, first))
	}
	if c.closes {
		c.uncertainIf(!onlyOpens(first, c.last))
	}
	c.opens, c.closes = false, false
}

// onlyOpens says whether asterisks between two characters can begin emphasis and not end it. Mirrored, it says whether they can only end it.
func onlyOpens(outside, inside rune) bool {
	switch {
	case isSpace(inside) || unicode.IsSpace(inside):
		return false
	case outside == ' ' || outside == '\n':
		return true
	}
	return outside != '*' && outside != '_' && outside != '`' && unicode.IsPunct(outside) && (unicode.IsLetter(inside) || unicode.IsDigit(inside))
}

// text notes a text that is no code, at the start of a line or not.
func (c *roundTrip) text(s string, start bool, kind lineKind) {
	for i := range len(s) {
		switch b := s[i]; {
		case b > '|' && b != 0x7f || b > '_' && b < '|' || b > '@' && b < '[' || b == ' ':
		case b < ' ' && b != '\t' || b == 0x7f, b == '<' && mayBeTag(s[i+1:]), b == '&' && mayBeEntity(s[i+1:]),
			b == '#' && kind == headingLine:
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

// mayBeTag says whether HTML or an address may begin with what stands behind a "<".
func mayBeTag(s string) bool {
	return s == "" || isAlnum(s[0]) || strings.IndexByte("/!?\\", s[0]) >= 0
}

// mayBeEntity says whether an entity may begin with what stands behind an "&".
func mayBeEntity(s string) bool { return s == "" || isAlnum(s[0]) || s[0] == '#' }

// mayStartBlock says whether a block other than a paragraph may begin with a text.
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

// code notes a text that is code, behind a character.
func (c *roundTrip) code(s string, behind rune, kind lineKind) {
	c.uncertainIf(behind == '`' || strings.Trim(s, " ") == "" || s[0] == ' ' && s[len(s)-1] == ' ' || kind == cellLine && strings.IndexByte(s, '|') >= 0)
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

// plain notes an attribute.
func (c *roundTrip) plain(s string) {
	for i := range len(s) {
		c.uncertainIf(s[i] < ' ' || strings.IndexByte("\\&<>|*_`[]!", s[i]) >= 0)
	}
}

// lineKind is where what stands in a line stands.
type lineKind int

const (
	paragraphLine lineKind = iota
	headingLine
	cellLine
)
