package prose

import (
	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Foreign says whether an update comes of a document that was seeded with another
// text than the room: it brings a seed that the room does not have, or stands
// beside what is left of one that Reunite has retired. Who sent it is then to be
// asked for all it has, for Reunite. It is asked of every update, and allocates nothing.
func Foreign(room *ydoc.Doc, u codec.CheckedUpdate) bool {
	seeds, retired := room.Between(markdown.FirstSeedClient, markdown.FirstEditClient)
	if seeds == 0 {
		return false
	}
	r := u.Read()
	for r.NextSection() {
		client := r.Structs.Next.Client
		switch isSeed := markdown.IsSeedClient(client); {
		case isSeed && room.Clock(client) == 0:
			return true
		case isSeed, seeds == 1, retired == 0, markdown.IsEditClient(client):
		case besideRetired(room, &r.Structs):
			return true
		}
	}
	return false
}

// besideRetired says whether any of some structs that the room lacks refers to a seed of which nothing is left.
func besideRetired(room *ydoc.Doc, run *codec.Structs) bool {
	known := room.Clock(run.Next.Client)
	for s := (codec.Struct{}); run.Read(&s); {
		switch {
		case s.Clock+s.Len <= known:
		case s.HasOrigin() && isRetired(room, s.Origin.Client),
			s.HasRightOrigin() && isRetired(room, s.RightOrigin.Client),
			s.HasParent() && s.ParentName == nil && isRetired(room, s.Parent.Client):
			return true
		}
	}
	return false
}

func isRetired(room *ydoc.Doc, client uint64) bool {
	_, gone := room.Between(client, client+1)
	return gone > 0 && markdown.IsSeedClient(client)
}
