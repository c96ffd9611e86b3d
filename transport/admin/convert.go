package admin

import (
	"cmp"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// timeOf returns nil for the zero time, which is absent in JSON.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func kindOf(key roomkey.Key) string {
	if key.Kind() == roomkey.Record {
		return "record"
	}
	return "document"
}

func roomOf(r *engine.RoomInfo) api.Room {
	return api.Room{
		Name: r.Key.String(), Kind: kindOf(r.Key), State: r.State.String(), Locked: r.Locked,
		Peers: r.Peers, DocumentBytes: r.DocumentBytes, HeldBytes: r.HeldBytes,
		Version: r.Version, UpdatesPerSecond: r.UpdateRate, EmptiedAt: timeOf(r.Emptied),
		UnstoredUpdates: r.Unstored, UnsavedUpdates: r.Unsaved, DraftDueAt: timeOf(r.DraftDue),
		Failing: append([]string{}, r.Failing.Names()...),
	}
}

func detailOf(d engine.RoomDetail, connections []api.Connection) api.RoomDetail {
	return api.RoomDetail{
		Room: roomOf(&d.RoomInfo), Partial: d.Partial,
		Users: httpapi.Converted(d.Users, userOf), Clients: httpapi.Converted(d.Peers, peerOf),
		Connections:  append([]api.Connection{}, connections...),
		PendingBytes: d.PendingBytes, UnflushedBytes: d.UnflushedBytes,
		SnapshotVersion: d.SnapshotVersion, SnapshotAt: timeOf(d.SnapshotAt),
		SnapshotDueAt: timeOf(d.SnapshotDue), SnapshotFailures: d.SnapshotFailures,
		DraftAt: timeOf(d.DraftAt), UnsavedSince: timeOf(d.UnsavedSince),
		CommitRefused: d.RefusedRow, RetryAt: timeOf(d.RetryAt),
		Compacting: d.Compacting, CompactionDueAt: timeOf(d.CompactionDue),
		HeldUpdates: d.HeldUpdates, Damage: d.Damage, Recreated: d.Recreated,
		Versions: httpapi.Converted(d.Versions, versionOf),
	}
}

func userOf(u engine.RoomUser) api.User { return api.User{ID: u.ID, Name: u.Name, Peers: u.Peers} }

func peerOf(p engine.PeerInfo) api.Peer {
	peer := api.Peer{
		ID: p.ID, Connection: p.Connection, User: p.User, Name: p.Name, Protocol: p.Protocol,
		ReadOnly: p.ReadOnly, QueuedMessages: p.QueuedMessages, QueuedBytes: p.QueuedBytes,
		ReceivedMessages: p.ReceivedMessages, SentMessages: p.SentMessages,
		Missing: p.Missing, Refused: p.Refused, JoinedAt: timeOf(p.Joined),
	}
	if p.Presence != p.User {
		peer.Presence = p.Presence
	}
	return peer
}

func versionOf(v engine.Version) api.Version {
	return api.Version{
		ID: v.ID, SavedAt: v.Time.UTC(), Reason: v.Why, Bytes: v.Size, Name: v.Name,
		By: v.By, ByName: v.ByName, OnBehalfOf: v.For, RestoredFrom: v.RestoredFrom,
	}
}

func storedOf(r engine.StoredRoom) api.StoredRoom {
	key, _ := roomkey.Parse(r.Key) // the store has no other names
	return api.StoredRoom{
		Name: r.Key, Kind: kindOf(key), SavedAt: timeOf(r.Saved),
		SnapshotBytes: max(0, r.Snapshot), Updates: r.Rows, Versions: r.Versions,
		ExpiresAt: timeOf(r.Expires), DeletedAt: timeOf(r.Deleted),
	}
}

func lockOf(d engine.Decision) api.Lock {
	return api.Lock{Room: d.Subject, By: d.By, At: d.Made.UTC()}
}

func banOf(d engine.Decision) api.Ban {
	user, room := engine.BannedFrom(d)
	return api.Ban{
		User: user, Room: room, Until: d.Until.UTC(), Reason: d.Reason, By: d.By, At: d.Made.UTC(),
	}
}

// rank is what rooms are ordered by, beside their names.
type rank struct {
	bytes, peers int
	rate         float64
}

func rankOf(r *engine.RoomInfo) rank { return rank{r.DocumentBytes, r.Peers, r.UpdateRate} }

func rankOfAnswer(r *api.Room) rank { return rank{r.DocumentBytes, r.Peers, r.UpdatesPerSecond} }

// orders are the orders of rooms, by name, each as a comparison that puts the greatest first.
var orders = map[string]func(a, b rank) int{
	"bytes": func(a, b rank) int { return cmp.Compare(b.bytes, a.bytes) },
	"peers": func(a, b rank) int { return cmp.Compare(b.peers, a.peers) },
	"rate":  func(a, b rank) int { return cmp.Compare(b.rate, a.rate) },
	"name":  func(a, b rank) int { return 0 },
}
