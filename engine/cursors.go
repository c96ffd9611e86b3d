package engine

import "bytes"

// cursors finds the newest cursor of each person, as native protocols have one cursor a person and not one a
// connection. It looks when it is first asked, and is of use until somebody moves. The zero value is ready.
type cursors struct{ byPerson map[*participant]*being }

// newest is the state with the newest cursor of a person, nil if none of theirs has one.
func (c *cursors) newest(s *presence, in *participant) *being {
	if c.byPerson == nil {
		c.byPerson = make(map[*participant]*being)
		for _, b := range s.entries {
			if last := c.byPerson[b.owner.person]; b.pointed() && (last == nil || last.heard < b.heard) {
				c.byPerson[b.owner.person] = b
			}
		}
	}
	return c.byPerson[in]
}

// of is the cursor that natives are told of for u: where u has none any more, another of the same person.
func (c *cursors) of(s *presence, u *utterance) []byte {
	if !u.moved || u.person.peers == 0 || len(u.cursor) > 0 && !bytes.Equal(u.cursor, noCursor) {
		return u.cursor
	}
	if b := c.newest(s, u.person); b != nil {
		return b.cursor()
	}
	return noCursor
}
