package tally

import (
	"fmt"
	"net/netip"
	"testing"
)

func address(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}) }

// TestSums shows that a server counts what all others have announced, and that what they do not
// announce any more does not count.
func TestSums(t *testing.T) {
	a, b, c := New("s"), New("s"), New("s")
	fromB := b.Encode(Counts{map[netip.Addr]int{address(1): 3, address(2): 1}, map[string]int{"ann": 2}})
	fromC := c.Encode(Counts{map[netip.Addr]int{address(1): 4}, map[string]int{"ann": 5, "bob": 1}})
	check := func(address1, address2, ann, bob int) {
		t.Helper()
		if a.ByAddress(address(1)) != address1 || a.ByAddress(address(2)) != address2 ||
			a.ByUser("ann") != ann || a.ByUser("bob") != bob || a.ByUser("eve") != 0 {
			t.Errorf("%d, %d, %d, %d", a.ByAddress(address(1)), a.ByAddress(address(2)), a.ByUser("ann"), a.ByUser("bob"))
		}
	}
	set := func(announced map[string][]byte) {
		t.Helper()
		if err := a.Set(announced); err != nil {
			t.Fatal(err)
		}
	}
	check(0, 0, 0, 0)
	set(map[string][]byte{"b": fromB, "c": fromC})
	check(7, 1, 7, 1)
	set(map[string][]byte{"b": fromB, "c": fromC})
	check(7, 1, 7, 1)
	set(map[string][]byte{"c": fromC})
	check(4, 0, 5, 1)
	set(map[string][]byte{"c": c.Encode(Counts{})})
	check(0, 0, 0, 0)
	if err := New("other").Set(map[string][]byte{"b": fromB}); err != nil {
		t.Error(err)
	}
}

// TestSecret shows that without the secret nobody finds a user in an announcement, and that a user
// and an address have different hashes.
func TestSecret(t *testing.T) {
	other := New("other")
	if err := other.Set(map[string][]byte{"b": New("s").Encode(Counts{Users: map[string]int{"ann": 2}})}); err != nil {
		t.Fatal(err)
	}
	if other.ByUser("ann") != 0 {
		t.Error("it is found with another secret")
	}
	h := hasher{[]byte("s")}
	if h.address(address(1)) == h.user(string(address(1).AsSlice())) {
		t.Error("they have the same hash")
	}
}

// TestBounds shows that an announcement is bounded, and has the users with most connections.
func TestBounds(t *testing.T) {
	many := Counts{map[netip.Addr]int{}, map[string]int{}}
	for i := range 2 * MaxEntries {
		many.Addresses[address(i)] = 1
		many.Users[fmt.Sprint("user", i)] = 1 << 30
	}
	many.Addresses[address(7)] = 2
	many.Users["most"] = 1<<30 + 1
	a, b := New("s"), New("s").Encode(many)
	if len(b) > MaxBytes || a.Set(map[string][]byte{"b": b}) != nil {
		t.Errorf("%d bytes", len(b))
	}
	if a.ByAddress(address(7)) != 2 || a.ByAddress(address(8)) != 0 || a.ByUser("most") != maxCount {
		t.Errorf("%d, %d, %d", a.ByAddress(address(7)), a.ByAddress(address(8)), a.ByUser("most"))
	}
}

// TestDamaged shows that an announcement that is cut off, or is of another form, is an error, and
// hides no other.
func TestDamaged(t *testing.T) {
	good := New("s").Encode(Counts{map[netip.Addr]int{address(1): 300}, map[string]int{"ann": 2}})
	for i := range len(good) {
		if New("s").Set(map[string][]byte{"b": good[:i]}) == nil {
			t.Errorf("%d of %d bytes are taken for a tally", i, len(good))
		}
	}
	a := New("s")
	for _, bad := range [][]byte{append(good[:len(good):len(good)], 0), {2, 0, 0}, {1, 255, 255, 255, 255, 1}} {
		if a.Set(map[string][]byte{"b": bad, "c": good}) == nil || a.ByUser("ann") < 2 {
			t.Errorf("%x: %d", bad, a.ByUser("ann"))
		}
	}
}

// FuzzAdd shows that no announcement makes the decoder panic.
func FuzzAdd(f *testing.F) {
	f.Add(New("s").Encode(Counts{Users: map[string]int{"ann": 2}}))
	f.Fuzz(func(t *testing.T, b []byte) { _ = newSums().add(b) })
}
