package auth

import "crypto/sha256"

// maxUnknownKeys is how many ids unknownKeys keeps. Clients choose them.
const maxUnknownKeys = 1000

// unknownKeys has the hashes of the key ids that tokens have named and no key has.
type unknownKeys struct {
	asked  map[[sha256.Size]byte]struct{} // since the last fetch that succeeded
	absent map[[sha256.Size]byte]struct{} // asked before that fetch, and not in its set
}

// ask records that a token names an id that is not in the set. It reports whether the set was
// fetched after another token had named the id, so that it need not be fetched again for this one.
func (u *unknownKeys) ask(id string) (absent bool) {
	hash := sha256.Sum256([]byte(id))
	if u.asked == nil {
		u.asked = make(map[[sha256.Size]byte]struct{})
	}
	if len(u.asked) < maxUnknownKeys {
		u.asked[hash] = struct{}{}
	}
	_, absent = u.absent[hash]
	return absent
}

// fetched records the end of a fetch. A fetch that failed does not show which ids exist by now.
func (u *unknownKeys) fetched(err error) {
	if u.absent = nil; err == nil {
		u.absent, u.asked = u.asked, nil
	}
}
