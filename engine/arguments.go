package engine

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// MaxNotice is the length of the longest notice, in bytes.
const MaxNotice = 1000

// Errors of arguments that administrators give.
var (
	ErrNotice = errors.New("a notice is one line of 1 to 1000 bytes of UTF-8, and its level info or warning")
	ErrReason = errors.New("a reason is one line of at most 100 bytes of UTF-8")
)

// CheckReason returns ErrReason unless a text can be the reason of a close frame. It may be empty.
func CheckReason(reason string) error {
	if len(reason) > 100 || !printable(reason) {
		return ErrReason
	}
	return nil
}

// printable reports whether a text is one line of UTF-8 without control characters.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// CheckNotice returns ErrNotice unless a notice may have this level and text.
func CheckNotice(level, text string) error {
	known := level == protocol.Info || level == protocol.Warning
	if !known || strings.TrimSpace(text) == "" || len(text) > MaxNotice || !printable(text) {
		return ErrNotice
	}
	return nil
}
