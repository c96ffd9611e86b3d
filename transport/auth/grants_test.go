package auth

import (
	"testing"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestAdminGrant shows in which rooms the bearer of a token is an administrator: where the token
// says so by name or for all records, and never because it has no list of records.
func TestAdminGrant(t *testing.T) {
	room := roomkey.MustParse("record:r")
	for _, test := range []struct {
		name     string
		s        Session
		admin    bool
		readOnly bool
	}{
		{"no list", Session{}, false, false},
		{"by name", Session{Grants: Grants{"r": Admin}}, true, false},
		{"all records", Session{Grants: Grants{AnyRecord: Admin}}, true, false},
		{"all but this one", Session{Grants: Grants{AnyRecord: Admin, "r": View}}, false, true},
		{"another", Session{Grants: Grants{"s": Admin, "r": Edit}}, false, false},
		{"of the session", Session{Identity: engine.Identity{Admin: true}}, true, false},
		{"list beside the session", Session{Identity: engine.Identity{Admin: true}, Grants: Grants{"r": Edit}}, false, false},
		{"one who may not edit", Session{Identity: engine.Identity{Admin: true, ReadOnly: true}}, false, true},
	} {
		got, err := Policy{}.Identity(test.s, room)
		if err != nil || got.Admin != test.admin || got.ReadOnly != test.readOnly {
			t.Errorf("%s: %+v, %v", test.name, got, err)
		}
	}
	if !Admin.MayEdit() || !Edit.MayEdit() || View.MayEdit() {
		t.Error("who may edit")
	}
}
