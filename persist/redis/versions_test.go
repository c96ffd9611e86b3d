package redis_test

import (
	"errors"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// TestStoredVersions shows which descriptions of versions can be read, those of earlier releases
// too, and which are damaged.
func TestStoredVersions(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL()).Rooms("node", persist.Retention{})
	at := time.UnixMilli(1700000000123)
	for text, want := range map[string]persist.Version{
		"1700000000123 15 before restore": {Time: at, Size: 10, Why: "before restore"},
		"0 5 ":                            {},
		"1700000000123 15+1700000000123,7,3,4,0,1,0 whynameB": {
			Time: at, Kept: at, Size: 10, Why: "why", Name: "name", ByName: "B", RestoredFrom: 7,
		},
	} {
		want.ID = 1
		server.Do("HSET", "{civic}:versions:r", "1", text)
		all, err := s.Versions(t.Context(), "r")
		if err != nil || len(all) != 1 || all[0] != want {
			t.Errorf("%q: %+v, %v", text, all, err)
		}
	}
	for _, text := range []string{
		"", "1", "1 2", "1 2+3 why", "1 2+3,4,3,0,0,0,0 whyx", "1 2+3,4,4,0,0,0,0 why",
		"1 2+3,4,-1,4,0,0,0 why",
	} {
		server.Do("HSET", "{civic}:versions:r", "1", text)
		if all, err := s.Versions(t.Context(), "r"); !errors.Is(err, persist.ErrCorrupt) {
			t.Errorf("%q: %+v, %v", text, all, err)
		}
	}
}

// TestVersionOfEarlierRelease shows that a version that an earlier release described is counted,
// and renamed, with all that is known of it.
func TestVersionOfEarlierRelease(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server.URL()).Rooms("node", persist.Retention{Versions: 1})
	keep := func() {
		t.Helper()
		if _, err := s.KeepVersion(t.Context(), "r", persist.Version{Why: "b"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	old := func() { server.Do("HSET", "{civic}:versions:r", "1", "1700000000123 6 an old one") }
	keep()
	old()
	keep()
	if all, err := s.Versions(t.Context(), "r"); err != nil || len(all) != 1 || all[0].ID != 2 {
		t.Errorf("%+v, %v", all, err)
	}
	old()
	if err := s.RenameVersion(t.Context(), "r", 1, "name"); err != nil {
		t.Fatal(err)
	}
	keep()
	keep()
	all, err := s.Versions(t.Context(), "r")
	want := persist.Version{ID: 1, Time: time.UnixMilli(1700000000123), Size: 1, Why: "an old one",
		Name: "name", Kept: time.UnixMilli(1700000000123)}
	if err != nil || len(all) != 2 || all[0] != want {
		t.Errorf("%+v, %v", all, err)
	}
}
