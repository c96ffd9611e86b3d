package tally

import (
	"bytes"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Tally has the numbers of connections to other servers. Its methods are safe for concurrent use.
// Use New.
type Tally struct {
	hasher atomic.Pointer[hasher]
	others atomic.Pointer[sums] // never nil; what it points to is immutable

	mu   sync.Mutex        // held by Set
	last map[string][]byte // what Set has got last
}

// New returns a Tally without connections. All servers have the same secret.
func New(secret string) *Tally {
	t := new(Tally)
	t.SetSecret(secret)
	t.others.Store(new(newSums()))
	return t
}

// SetSecret replaces the secret. What others have announced with another one does not count.
func (t *Tally) SetSecret(secret string) { t.hasher.Store(&hasher{[]byte("tally " + secret)}) }

// Encode returns the announcement of a server's own numbers, of at most MaxBytes.
func (t *Tally) Encode(c Counts) []byte { return encode(*t.hasher.Load(), c) }

// Set replaces what other servers have announced, by their names. The caller must not change the
// announcements afterwards. Those that cannot be read count as far as they can, and are in the
// error.
func (t *Tally) Set(announced map[string][]byte) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if same(t.last, announced) {
		return nil
	}
	t.last = announced
	all := newSums()
	for _, b := range announced {
		err = errors.Join(err, all.add(b))
	}
	t.others.Store(&all)
	return err
}

func same(a, b map[string][]byte) bool {
	for name, announced := range b {
		if before, ok := a[name]; !ok || !bytes.Equal(before, announced) {
			return false
		}
	}
	return len(a) == len(b)
}

// ByAddress returns the number of connections from an address to other servers.
func (t *Tally) ByAddress(a netip.Addr) int {
	others := t.others.Load()
	if len(others.addresses) == 0 {
		return 0
	}
	return others.addresses[t.hasher.Load().address(a)]
}

// ByUser returns the number of connections of a user to other servers.
func (t *Tally) ByUser(id string) int {
	others := t.others.Load()
	if len(others.users) == 0 {
		return 0
	}
	return others.users[t.hasher.Load().user(id)]
}
