package engine

import "testing"

// TestTwoRoomsOfARecord has two rooms of one record at a time: a client of the second comes to the
// first, whose clients then come to the second with that client's rebase. It shows that every word
// is there once.
func TestTwoRoomsOfARecord(t *testing.T) {
	const published = "one two\n\nthree"
	for name, known := range map[string]bool{"the first is unknown to the second": false, "it is known": true} {
		t.Run(name, func(t *testing.T) {
			inRecordWorld(t, Config{}, published, func(first *recordWorld) {
				a := first.opens("ann")
				a.writes(published + " four")
				dora := first.opens("dora")
				dora.Leave()
				first.records.changeOutside("r", Edited, published+" four")
				second := first.secondServer()
				b, carl := second.opens("bob"), second.opens("carl")
				b.writes("one two bob\n\nthree four")
				b.Leave()
				b = first.returns(b, "bob")
				first.wantText("one two bob\n\nthree four", a, b)
				want := "one two bob\n\nthree four carl ann"
				if known {
					second.returns(dora, "dora")
					want = "one two bob\n\nthree four carl"
				} else {
					a.writes("one two bob\n\nthree four ann")
				}
				carl.writes(carl.shownText() + " carl")
				a.Leave()
				b.Leave()
				a, b = second.returns(a, "ann"), second.returns(b, "bob")
				second.wantText(want, a, b, carl, second.opens("eve"))
				second.drain()
			})
		})
	}
}
