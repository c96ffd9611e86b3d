package auth

import "github.com/civicpress/civic-realtime/engine/roomkey"

// Access is a permission in a room. The zero value permits nothing.
type Access string

// Kinds of access.
const (
	View  Access = "view"  // to read the document, and to show presence
	Edit  Access = "edit"  // also to change the document
	Admin Access = "admin" // also to lock the room, to remove users, and to send notices to all
)

// MayEdit reports whether a includes Edit.
func (a Access) MayEdit() bool { return a == Edit || a == Admin }

func (a Access) known() bool { return a == View || a == Edit || a == Admin }

// Grants are permissions by record id. A record that is not listed has the permission of AnyRecord,
// or none if AnyRecord is not listed either.
type Grants map[string]Access

// AnyRecord is the id in Grants that stands for all records that are not listed.
const AnyRecord = "*"

// access returns the access to a room.
func (g Grants) access(room roomkey.Key) Access {
	id, ok := room.Record()
	if !ok {
		return ""
	}
	if a, ok := g[id]; ok {
		return a
	}
	return g[AnyRecord]
}

// grant is an entry of the claim "records".
type grant struct {
	ID     string `json:"id"`
	Access Access `json:"access"`
}

// UnmarshalJSON implements json.Unmarshaler. Members with other names are ignored.
func (g *grant) UnmarshalJSON(b []byte) error {
	return decodeMembers(b, map[string]any{"id": &g.ID, "access": &g.Access})
}

// parseGrants fails for the whole list if an entry is invalid, or an id is in it twice: a guess
// might grant more than the issuer meant.
func parseGrants(list []grant) (Grants, error) {
	g := make(Grants, len(list))
	for _, e := range list {
		if _, twice := g[e.ID]; twice || e.ID == "" || !e.Access.known() {
			return nil, errClaimForm
		}
		g[e.ID] = e.Access
	}
	return g, nil
}

func (g Grants) list() []grant {
	list := []grant{}
	for id, access := range g {
		list = append(list, grant{id, access})
	}
	return list
}
