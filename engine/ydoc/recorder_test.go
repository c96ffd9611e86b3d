package ydoc

import (
	"fmt"
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// recording notes what a Recorder is told.
type recording []string

func (r *recording) Inserted(client, clock, end uint64, by uint32) {
	*r = append(*r, fmt.Sprintf("+%d:%d-%d by %d", client, clock, end, by))
}

func (r *recording) Deleted(client, clock, end uint64, by uint32) {
	*r = append(*r, fmt.Sprintf("-%d:%d-%d by %d", client, clock, end, by))
}

// TestRecorder shows that a recorder is told of each new unit and deletion once, with the user of
// the update that brought it, also if it was pending until another user's update came.
func TestRecorder(t *testing.T) {
	typed := func(client, clock uint64, content string) structOf {
		s := structOf{client: client, clock: clock, info: yjs.RefString, content: text(content)}
		if clock > 0 {
			s.origin = id(client, clock-1)
		}
		return s
	}
	behind := func(s structOf, client, clock uint64) structOf {
		s.origin = id(client, clock)
		return s
	}
	deletes := func(client, clock, end uint64) []yjs.DeleteRange {
		return []yjs.DeleteRange{{Client: client, Clock: clock, End: end}}
	}
	gone := structOf{client: 4, clock: 0, info: yjs.RefGC, content: num(2)}
	for _, tt := range []struct {
		name    string
		updates [][]byte // the first by user 1, and so on
		want    []string
	}{
		{"a new client", [][]byte{update([]structOf{typed(1, 0, "ab")})}, []string{"+1:0-2 by 1"}},
		{"known units", [][]byte{update([]structOf{typed(1, 0, "ab")}), update([]structOf{typed(1, 0, "abc")})},
			[]string{"+1:0-2 by 1", "+1:2-3 by 2"}},
		{"pending structs", [][]byte{
			update([]structOf{behind(typed(2, 0, "x"), 1, 0)}), update([]structOf{typed(1, 0, "a")}),
		}, []string{"+1:0-1 by 2", "+2:0-1 by 1"}},
		{"pending deletions", [][]byte{
			update(nil, deletes(1, 0, 1)...), update(nil, deletes(1, 0, 3)...), update([]structOf{typed(1, 0, "abc")}),
		}, []string{"+1:0-3 by 3", "-1:0-1 by 1", "-1:1-3 by 2"}},
		{"known deletions", [][]byte{
			update([]structOf{typed(1, 0, "abc")}), update(nil, deletes(1, 1, 2)...), update(nil, deletes(1, 0, 3)...),
		}, []string{"+1:0-3 by 1", "-1:1-2 by 2", "-1:0-1 by 3", "-1:2-3 by 3"}},
		{"tombstones", [][]byte{update([]structOf{gone})}, []string{"+4:0-2 by 1", "-4:0-2 by 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d Doc
			var got recording
			for i, b := range tt.updates {
				u, err := yjs.CheckUpdate(b)
				if err != nil {
					t.Fatal(err)
				}
				d.ApplyBy(u, uint32(i+1), &got)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}
