package app

import (
	"context"
	"net/netip"
	"time"

	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/admin"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// adminClients are the connections of a transport.Server, for the admin API.
type adminClients struct{ server *transport.Server }

// Connections implements admin.Clients. Addresses are compared here, a part of the connections at a
// time.
func (a adminClients) Connections(q admin.ConnectionQuery) (page []api.Connection, more bool) {
	now := time.Now()
	want := transport.ConnectionQuery{After: q.After, Limit: q.Limit, Room: q.Room, User: q.User}
	for {
		found, rest := a.server.Connections(want)
		for i, c := range found {
			want.After = c.ID
			if q.Address != (netip.Prefix{}) && !q.Address.Contains(c.Client) {
				continue
			}
			if page = append(page, connectionOf(c, now)); len(page) == q.Limit {
				return page, rest || i+1 < len(found)
			}
		}
		if !rest {
			return page, false
		}
	}
}

// Disconnect implements admin.Clients.
func (a adminClients) Disconnect(id uint64, reason, by string) (found bool, err error) {
	return a.server.Disconnect(id, reason, by)
}

// DisconnectUser implements admin.Clients.
func (a adminClients) DisconnectUser(
	ctx context.Context, user string, until time.Time, reason, by string,
) (int, error) {
	return a.server.DisconnectUser(ctx, user, until, reason, by)
}

func connectionOf(c transport.ConnectionInfo, now time.Time) api.Connection {
	age := max(1, now.Sub(c.Since).Seconds()) // Since is exact to about a second
	return api.Connection{
		ID: c.ID, State: c.State.String(), Room: c.Room.String(), Peer: c.Peer, User: c.User,
		Protocol: c.Protocol, Address: addressOf(c.Client), Proxy: addressOf(c.Proxy),
		From: c.From, To: c.To,
		ConnectedAt: c.Since.UTC(), AgeSeconds: max(0, now.Sub(c.Since).Seconds()),
		ReceivedBytes: c.ReceivedBytes, SentBytes: c.SentBytes,
		ReceivedMessages: c.ReceivedMessages, SentMessages: c.SentMessages,
		ReceivedBytesPerSecond: float64(c.ReceivedBytes) / age,
		SentBytesPerSecond:     float64(c.SentBytes) / age,
		QueuedMessages:         c.QueuedMessages, QueuedBytes: c.QueuedBytes,
		Throttled: c.Throttled,
	}
}

// addressOf returns an address, "" if there is none.
func addressOf(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
