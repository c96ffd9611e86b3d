package transport

// Access is what somebody may do in a room. The zero value is nothing.
type Access string

// What grants say.
const (
	View Access = "view" // be there and see
	Edit Access = "edit" // and write
)

// Grants are who may do what, by record id. A record that is not listed has the
// access of AnyRecord, and none without.
type Grants map[string]Access

// AnyRecord stands for every record that has no entry of its own.
const AnyRecord = "*"

// access is that to a room, by its key.
func (g Grants) access(room string) Access {
	id, ok := RecordID(room)
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

// UnmarshalJSON implements json.Unmarshaler. Members by other names are not looked at.
func (g *grant) UnmarshalJSON(b []byte) error {
	return decodeMembers(b, map[string]any{"id": &g.ID, "access": &g.Access})
}

// parseGrants refuses a list as a whole when an entry is odd or an id comes twice:
// a guess could open what was not meant to be.
func parseGrants(list []grant) (Grants, error) {
	g := make(Grants, len(list))
	for _, e := range list {
		if _, twice := g[e.ID]; twice || e.ID == "" || e.Access != View && e.Access != Edit {
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
