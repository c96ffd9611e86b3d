package e2e

import (
	"fmt"
	"testing"
)

// mostBusy is how many milliseconds a page may be busy when its connection opens.
const mostBusy = 800

// TestBusyPage shows that a page of y-websocket that names no protocol, and is busy when its connection opens, is sent no
// text, of which y-websocket makes errors: the browser answers the server's ping meanwhile.
func TestBusyPage(t *testing.T) {
	t.Parallel()
	s := start(t)
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

// TestBusyVersions shows so for a page with each version of y-websocket, and that what it types then arrives.
func TestBusyVersions(t *testing.T) {
	t.Parallel()
	p := newParty(t, "by-law-7")
	eachYWebsocket(t, func(t *testing.T, version any) {
		where := p.seat("Ann")
		where.version = version
		other := newPage(t, where)
		where.busy = 500
		for range 10 {
			page := newPage(t, where)
			page.wait(args{"synced": true})
			text := fmt.Sprintf("<busy %v>", version)
			page.do("insert", args{"text": text}, nil)
			other.wait(args{"shows": text})
			st := page.status()
			page.close()
			if st.Silent > mostBusy {
				continue // as the machine was busy, too
			}
			if len(st.Problems)+st.Texts > 0 || st.Connects != 1 || len(st.Closes) > 0 {
				t.Errorf("after %v ms: %d text frames, %q, connected %d times, closed %v", st.Silent, st.Texts, st.Problems, st.Connects, st.Closes)
			}
			other.close()
			return
		}
		t.Error("this machine is too busy to show it")
	})
}
