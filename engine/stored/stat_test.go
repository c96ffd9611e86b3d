package stored

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// TestStatOfNothing shows that a document counts as empty as long as neither its snapshot nor its
// rows have content, and from the first content on does not.
func TestStatOfNothing(t *testing.T) {
	blob := func(state []byte) []byte {
		b, err := snapshot.Append(nil, snapshot.Snapshot{Version: 3, State: state}, snapshot.Raw)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	hollow := append(noteHeader(4, []byte("a note of some length")), empty...)
	full := append(bareHeader(5), typed...)
	for _, test := range []struct {
		name    string
		blob    []byte
		rows    [][]byte
		version uint64
		empty   bool
	}{
		{"nothing", nil, nil, 0, true},
		{"a snapshot of nothing", blob(empty), nil, 3, true},
		{"a row of nothing", nil, [][]byte{hollow}, 4, true},
		{"both", blob(empty), [][]byte{hollow}, 4, true},
		{"a snapshot with content", blob(typed), [][]byte{hollow}, 4, false},
		{"a row with content", blob(empty), [][]byte{full, hollow}, 5, false},
	} {
		version, _, is, err := Stat(test.blob, test.rows)
		if version != test.version || is != test.empty || err != nil {
			t.Errorf("%s: version %d, empty %v, %v", test.name, version, is, err)
		}
	}
}
