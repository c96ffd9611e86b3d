package persist

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Decision is a decision of an administrator that outlives the process: a lock of a room, or a ban
// of a user. It is an alias of a struct type, as Row is.
type Decision = struct {
	Kind    string    // at most MaxKind bytes
	Subject string    // name of the room, or id of the user
	By      string    // the administrator; may be empty
	Reason  string    // may be empty
	Made    time.Time // in milliseconds
	Until   time.Time // in milliseconds; zero: never
}

// Lengths of the longest texts of a Decision, in bytes.
const (
	MaxKind         = 16
	MaxSubject      = 255 + 1 + MaxRoom // id of a user and name of a room
	MaxDecisionText = 255               // By, Reason
)

// ErrDecision says that a Decision cannot be stored.
var ErrDecision = errors.New("not a decision that can be stored")

// CheckDecision returns an ErrDecision unless d can be stored. A Kind has no zero byte.
func CheckDecision(d Decision) error {
	kind, subject := len(d.Kind), len(d.Subject)
	switch {
	case kind == 0 || kind > MaxKind || strings.Contains(d.Kind, "\x00"):
		return fmt.Errorf("%w: its kind is %.20q", ErrDecision, d.Kind)
	case subject == 0 || subject > MaxSubject:
		return fmt.Errorf("%w: its subject is %d bytes long", ErrDecision, subject)
	case len(d.By) > MaxDecisionText || len(d.Reason) > MaxDecisionText:
		return fmt.Errorf("%w: a text is longer than %d bytes", ErrDecision, MaxDecisionText)
	}
	return nil
}

// CheckDecisions is CheckDecision for all of them. Of those in drop only Kind and Subject count.
func CheckDecisions(put, drop []Decision) error {
	for _, d := range put {
		if err := CheckDecision(d); err != nil {
			return err
		}
	}
	for _, d := range drop {
		if err := CheckDecision(Decision{Kind: d.Kind, Subject: d.Subject}); err != nil {
			return err
		}
	}
	return nil
}
