package recordsync

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
)

// unclaimedError says that a draft is not saved as it could not be claimed. Mostly it can be soon.
type unclaimedError struct{ err error }

func (e *unclaimedError) Error() string { return "draft is not claimed: " + e.err.Error() }

func (e *unclaimedError) Unwrap() error { return e.err }

// hashName is the name of a text in Claims.
func hashName(text string) string {
	hash := hashOf(text)
	return nameOfHash(hash[:])
}

func nameOfHash(hash []byte) string { return base64.RawURLEncoding.EncodeToString(hash) }

// claim claims the text of d, which is about to be saved as a draft, and returns the context in
// which that must be done.
func (r *Record) claim(ctx context.Context, d *docState, ours string) (
	limited context.Context, cancel context.CancelFunc, err error,
) {
	claims := r.s.cfg().Claims
	if claims == nil {
		return ctx, func() {}, r.claimInRow(ctx, ours)
	}
	deadline, err := claims.Claim(ctx, r.room.Key().String(), hashName(ours), d.version)
	if err != nil {
		return nil, nil, &unclaimedError{err}
	}
	limited, cancel = context.WithDeadline(ctx, deadline)
	return limited, cancel, nil
}

// checkExternal makes c.theirs the merge base, and no external change, if it is a draft that was
// claimed. A draft that this room has claimed is older than the document. Another node may have
// lost the room before it noted that it has saved its draft. What the document lacks of that comes
// as updates; without edits of its own the document is not saved before. The document may also have
// the text already. Before it returns nil for an external change of the document it confirms that
// this node has the room.
func (r *Record) checkExternal(
	ctx context.Context, d *docState, c *comparison, now Text,
) error {
	claims, room := r.s.cfg().Claims, r.room.Key().String()
	switch {
	case c.outcome == takeNothing && c.change != Edited:
		return nil
	case slices.Contains(d.claims, hashOf(c.theirs)):
		c.takeDraft()
		c.settled = c.ours == c.theirs
		return nil
	}
	if claims != nil && d.mayBeOurs(now) {
		claimed, err := claims.Claimed(ctx, room)
		if err != nil {
			return fmt.Errorf("it is not known whether the text is a draft of ours: %w", err)
		}
		if d.isOurs(c.theirs, claimed) {
			c.takeDraft()
			return nil
		}
	}
	if c.outcome == takeNothing {
		return nil
	}
	return r.s.confirm(ctx, room)
}

// takeDraft makes theirs, which is a draft that was claimed, no external change.
func (c *comparison) takeDraft() {
	c.outcome, c.dropsEdits, c.ownDraft = takeNothing, false, true
	if c.change == Edited {
		c.change = Unchanged
	}
}

// mayBeOurs reports whether a text other than d's merge base may be a draft of a node. A document
// that began without the draft of its record lacks that, whoever saved it.
func (d *docState) mayBeOurs(now Text) bool {
	b := d.base
	return b.known() && !b.gone && b.showsDrafts && now.ShowsDrafts
}

// isOurs reports whether theirs is a draft of a node, given the names of the texts that nodes have
// claimed, newest first. A text that was the merge base earlier has come back by another program,
// unless it was claimed again after the text of the merge base: users may have undone their edits.
func (d *docState) isOurs(theirs string, claimed []string) bool {
	at := slices.Index(claimed, hashName(theirs))
	return at >= 0 && (!d.text.had(theirs, d.base) ||
		slices.Index(claimed, nameOfHash(d.base.hash[:])) > at)
}

// confirm returns nil if this node has a room.
func (s *Syncer) confirm(ctx context.Context, room string) error {
	if claims := s.cfg().Claims; claims != nil {
		return claims.Confirm(ctx, room)
	}
	return nil
}
