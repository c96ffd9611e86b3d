package digest

import "testing"

// TestDigest shows that a digest depends on the elements and not on their order, that removing an
// element is the inverse of adding it, and that the value of an element does not change with the
// program, as stores have it on the disk.
func TestDigest(t *testing.T) {
	a, b := Of([]byte("one")), Of([]byte("t"), []byte("wo"))
	if b != Of([]byte("two")) || a == b || a.N != 1 {
		t.Errorf("%v, %v", a, b)
	}
	var ab, ba Digest
	for _, each := range []Digest{a, b} {
		ab.Add(each)
	}
	for _, each := range []Digest{b, a} {
		ba.Add(each)
	}
	if ab != ba || ab.N != 2 {
		t.Errorf("%v, %v", ab, ba)
	}
	if ab.Remove(b); ab != a {
		t.Errorf("%v, want %v", ab, a)
	}
	if ab.Remove(a); ab != (Digest{}) {
		t.Errorf("%v is not empty", ab)
	}
	if a.Sum != 10330108457994824801 {
		t.Errorf("the hash of %q is %d", "one", a.Sum)
	}
}
