package transport

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
)

// TestCloseCodes checks the codes of both sets, and that those after which a client must not come
// back are 4400 to 4499, which y-websocket takes as final.
func TestCloseCodes(t *testing.T) {
	final := []engine.CloseCode{engine.CloseAuthFailed, engine.CloseForbidden, engine.CloseRoomNotFound,
		engine.CloseDeleted}
	for why, codes := range closeCodes {
		standard := codes[StandardCloseCodes]
		if isFinal := standard >= 4400 && standard < 4500; isFinal != slices.Contains(final, why) {
			t.Errorf("%d stands for %v", standard, codes)
		}
		if !isApplications(standard) || !isApplications(codes[CivicPressCloseCodes]) {
			t.Errorf("%v", codes)
		}
	}
	for _, set := range []CloseCodes{StandardCloseCodes, CivicPressCloseCodes} {
		if code := set.code(closeTooLarge); code != 1009 {
			t.Errorf("%d", code)
		}
	}
	var set CloseCodes
	if err := set.UnmarshalText([]byte("none")); err == nil {
		t.Error("it has a name that is none")
	}
}

func isApplications(code int) bool { return code >= 4000 && code < 5000 }

// TestSetOfCloseCodes shows that clients are closed with codes of the configured set, which are
// also counted and logged.
func TestSetOfCloseCodes(t *testing.T) {
	for set, codes := range map[CloseCodes][3]int{
		StandardCloseCodes:   {4401, 4404, 4501},
		CivicPressCloseCodes: {4001, 4004, 4001},
	} {
		w := newWorld(t, withAuth(testJWT), with(Config{CloseCodes: set}))
		token := signToken(t, nil)
		joined := dial(t, w, "/realtime/records/a?token="+token)
		joined.receive(protocol.SyncRequest)
		for i, target := range []string{"/realtime/records/a", "/realtime/dances/a?token=" + token} {
			if code, reason := dial(t, w, target).closed(); code != codes[i] {
				t.Errorf("set %d: closed with %d %q, want %d", set, code, reason, codes[i])
			}
		}
		w.mustLog("connection refused", fmt.Sprintf(`"code":%d`, codes[0]))
		w.settle()
		w.tick(time.Now().Add(24*time.Hour), 0)
		if code, reason := joined.closed(); code != codes[2] {
			t.Errorf("set %d: closed with %d %q, want %d", set, code, reason, codes[2])
		}
		for _, code := range codes {
			name := fmt.Sprintf("realtime_connections_closed_total{code=\"%d\"}", code)
			w.until(name, func() bool { return w.count(name) > 0 })
		}
	}
}

// TestCloseCodesInDocs shows that the table in docs/protocol.md has every close code, in both sets.
func TestCloseCodesInDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## Errors and close codes\n")
	var rows []string
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) == 7 {
			rows = append(rows, strings.TrimSpace(cells[3])+" "+strings.TrimSpace(cells[4]))
		}
	}
	for _, codes := range closeCodes {
		if want := fmt.Sprint(codes[StandardCloseCodes], " ", codes[CivicPressCloseCodes]); !slices.Contains(rows, want) {
			t.Errorf("no row has %q", want)
		}
	}
}
