package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestStoredRooms shows that all rooms that are stored are listed, in pages, whether they are
// loaded or not, and no room that is not.
func TestStoredRooms(t *testing.T) {
	inArchive(t, Config{Grace: time.Second}, func(w *world, st *archive) {
		for i := range 5 {
			ann := w.joinSynced(fmt.Sprint("record:", i))
			if i < 4 {
				ann.types(0, "text")
			}
			if pass(time.Second); i%2 == 0 {
				ann.Leave()
			}
		}
		pass(time.Hour)
		for query, want := range map[[2]string]string{
			{"", ""}: "record:0 record:1 more", {"", "record:1"}: "record:2 record:3", {"", "record:3"}: "",
			{"record:2", ""}: "record:2", {"notes", ""}: "",
		} {
			rooms, more, err := w.StoredRooms(context.Background(), query[0], query[1], 2)
			var names []string
			for _, r := range rooms {
				names = append(names, r.Key)
			}
			if more {
				names = append(names, "more")
			}
			if got := strings.Join(names, " "); got != want || err != nil {
				t.Errorf("%q: %s, want %s, %v", query, got, want, err)
			}
		}
	})
}
