package authors

import (
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// Author is the user who wrote or deleted something: the one of the token with which the update
// came. The zero value is nobody: an anonymous client, the text of a record, or what was written
// before authors were kept.
type Author struct {
	ID   string
	Name string // as of the last time that the user wrote
	// OnBehalfOf is the id of the user for whom the user wrote; empty: for nobody else.
	OnBehalfOf string
}

// IsNobody reports whether nothing is known of the author.
func (a Author) IsNobody() bool { return a.ID == "" }

// Nobody is the number of the zero Author.
const Nobody = 0

const (
	// maxUsers is how many users a Map describes. Later ones are nobody.
	maxUsers = 4096
	// numbers are the numbers that users have, from 1 on: two bytes with the bit that follows.
	numbers = 1<<13 - 1

	maxID   = 512 // bytes; a user with a longer id is nobody
	maxName = 256 // bytes; a longer name is cut
)

// is reports whether both are the same user, whatever the name.
func (a Author) is(b Author) bool { return a.ID == b.ID && a.OnBehalfOf == b.OnBehalfOf }

// user is a user of a Map.
type user struct {
	Author
	number uint32
	used   bool // some run or range has, or had, its number
	stored bool // a row or a snapshot describes it as it is
}

// firstNumber returns the number that a user has if no other has it: of the FNV-1a hash of both
// ids.
func firstNumber(who Author) uint32 {
	const offset, prime = 2166136261, 16777619
	h := uint32(offset)
	for i := range len(who.ID) {
		h = (h ^ uint32(who.ID[i])) * prime
	}
	h *= prime // a byte of 0 between them
	for i := range len(who.OnBehalfOf) {
		h = (h ^ uint32(who.OnBehalfOf[i])) * prime
	}
	return 1 + h%numbers
}

// storable reports whether an id can be stored.
func storable(id string) bool { return len(id) <= maxID && utf8.ValidString(id) }

// clipName returns a name that can be stored: it is cut at the end of a character.
func clipName(name string) string {
	name = lib0.ToValidUTF8(name)
	if len(name) <= maxName {
		return name
	}
	end := maxName
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end]
}
