package snapshots

import (
	"strings"
	"testing"
)

// TestListVersions shows the table of the versions of a record, in a store that is in use,
// and with the node of each.
func TestListVersions(t *testing.T) {
	st := storeOfTexts(t)
	var b strings.Builder
	versions, err := st.Versions(t.Context(), "record:a")
	if err == nil {
		err = ListVersions(&b, versions)
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 2 || strings.Join(strings.Fields(lines[0]), " ") != "VERSION TIME BYTES REASON" || !strings.HasPrefix(lines[1], "1 ") || !strings.HasSuffix(lines[1], " why") {
		t.Errorf("%q", lines)
	}
	b.Reset()
	versions[0].Node = "NODE7"
	if err := ListVersions(&b, versions); err != nil {
		t.Fatal(err)
	}
	lines = strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 2 || !strings.HasSuffix(lines[0], " NODE") || !strings.HasSuffix(lines[1], " NODE7") {
		t.Errorf("of a node: %q", lines)
	}
}

// TestListRooms shows the table of the rooms of a store that is in use.
func TestListRooms(t *testing.T) {
	st := storeOfTexts(t)
	save(t, st, "tab\there", documentOf(t, todo))
	var b strings.Builder
	rooms, err := st.Rooms(t.Context())
	if err == nil {
		err = ListRooms(&b, rooms)
	}
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(b.String()) {
		f := strings.Fields(line)
		got = append(got, f[0]+" "+strings.Join(f[3:], " "))
	}
	want := "RECORD ROWS SINCE VERSIONS EXPIRES|a 1 1 -|" + `"record:tab\there" 0 1 -`
	if strings.Join(got, "|") != want {
		t.Errorf("%q, want %q", got, want)
	}
}
