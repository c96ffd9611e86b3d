package e2e

import (
	"encoding/hex"
	"strings"
	"testing"
)

// strangeFrames are messages of programs that extend y-websocket: an auth message of another kind, a Hocuspocus stateless
// message and the heartbeat of y-sweet. y-websocket's own server ignores them.
var strangeFrames = [][]byte{{2, 7, 1, 'x'}, {4, 1, 'x'}, {5, 2, 'h', 'i'}, {102, 1}}

// TestStrangeMessages has clients of every version send messages that the server does not know, and show a picture that is
// too large with every move of the caret. They stay connected, and what they type arrives.
func TestStrangeMessages(t *testing.T) {
	t.Parallel()
	p := newParty(t, "strange")
	bob := p.somebody("bob", 3)
	eachYWebsocket(t, func(t *testing.T, version any) {
		ann := p.somebody("ann", version)
		ann.wait(args{"synced": true})
		for range 15 {
			for _, frame := range strangeFrames {
				ann.do("raw", args{"hex": hex.EncodeToString(frame)}, nil)
			}
			ann.do("presence", args{"state": args{"name": "ann", "picture": strings.Repeat("x", 40<<10)}}, nil)
		}
		text := "<" + t.Name() + ">"
		ann.writes(text)
		bob.shows(text)
		ann.wait(args{"problem": "too large"})
		ann.do("presence", args{"state": args{"name": "ann"}}, nil)
		bob.wait(args{"present": []string{"ann"}})
		if st := ann.status(); st.Connects != 1 || len(st.Closes) > 0 || len(st.Problems) != 1 {
			t.Errorf("%d connections, closed with %v, told %q", st.Connects, st.Closes, st.Problems)
		}
		ann.do("disconnect", nil, nil)
		bob.wait(args{"absent": []string{"ann"}})
	})
}
