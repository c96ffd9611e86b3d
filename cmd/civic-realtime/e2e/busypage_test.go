package e2e

import "testing"

// TestBusyPage shows that a page of y-websocket that names no protocol, and is busy when its connection opens, is sent no
// text, of which y-websocket makes errors: the browser answers the server's ping meanwhile.
func TestBusyPage(t *testing.T) {
	t.Parallel()
	s := start(t)
	const mostBusy = 800 // milliseconds for which a page may be so
	for range 10 {
		page := newPage(t, seat{url: s.url(), room: "by-law-7", name: "Ann", busy: 500})
		page.wait(args{"synced": true})
		st := page.status()
		page.close()
		if st.Silent > mostBusy {
			continue // as the machine was busy, too
		}
		if len(st.Problems) > 0 || st.Connects != 1 || len(st.Closes) > 0 {
			t.Errorf("after %v ms: %q, connected %d times, closed %v", st.Silent, st.Problems, st.Connects, st.Closes)
		}
		return
	}
	t.Error("this machine is too busy to show it")
}
