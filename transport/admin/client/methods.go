package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

const (
	get   = http.MethodGet
	post  = http.MethodPost
	put   = http.MethodPut
	del   = http.MethodDelete
	patch = http.MethodPatch
)

// Status returns the server in short.
func (c *Client) Status(ctx context.Context) (api.Status, error) {
	return call[api.Status](ctx, c, get, "/v1/status", nil, nil)
}

// Ready returns whether clients should be sent to the server, which needs no token. The status is
// "ready" or "unavailable", with the reason.
func (c *Client) Ready(ctx context.Context) (h api.Health, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	resp, err := c.exchange(ctx, get, "/readyz", nil, nil, jsonMedia)
	if err != nil {
		return h, err
	}
	defer resp.Body.Close()
	known := resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusServiceUnavailable
	if media := mediaOf(resp); media != jsonMedia || !known {
		return h, problemOf(resp, media, c.name)
	}
	return decode[api.Health](c, resp)
}

// Nodes returns the servers that share rooms, none if there is one only.
func (c *Client) Nodes(ctx context.Context) (api.NodePage, error) {
	return call[api.NodePage](ctx, c, get, "/v1/nodes", nil, nil)
}

// History returns the samples of the last hour.
func (c *Client) History(ctx context.Context) (api.History, error) {
	return call[api.History](ctx, c, get, "/v1/history", nil, nil)
}

// Configuration returns the configuration that is in effect.
func (c *Client) Configuration(ctx context.Context) (api.Configuration, error) {
	return call[api.Configuration](ctx, c, get, "/v1/config", nil, nil)
}

// RoomQuery selects rooms. The zero value of a field stands for the server's default.
type RoomQuery struct {
	Sort   string // name, bytes, peers, rate
	Prefix string // of names
	Search string // text that names contain, without regard to case
	Kind   string // record, document
	Offset int    // rooms before the page
	Limit  int    // rooms on the page
}

// Rooms returns a page of loaded rooms.
func (c *Client) Rooms(ctx context.Context, q RoomQuery) (api.RoomPage, error) {
	v := url.Values{}
	add(v, "sort", q.Sort)
	add(v, "prefix", q.Prefix)
	add(v, "search", q.Search)
	add(v, "kind", q.Kind)
	add(v, "offset", number(q.Offset))
	add(v, "limit", number(q.Limit))
	return call[api.RoomPage](ctx, c, get, "/v1/rooms", v, nil)
}

// add adds a parameter, unless its value is empty.
func add(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}

// number returns "" for zero, which stands for the default.
func number[N int | uint64](n N) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(n), 10)
}

// ofRoom returns the path of a room.
func ofRoom(room, rest string) string { return "/v1/rooms/" + url.PathEscape(room) + rest }

// Room returns a room in full.
func (c *Client) Room(ctx context.Context, room string) (api.RoomDetail, error) {
	return call[api.RoomDetail](ctx, c, get, ofRoom(room, ""), nil, nil)
}

// Lock makes a room refuse all writing.
func (c *Client) Lock(ctx context.Context, room string) (api.Locked, error) {
	return call[api.Locked](ctx, c, post, ofRoom(room, "/lock"), nil, nil)
}

// Unlock makes a room accept writing again.
func (c *Client) Unlock(ctx context.Context, room string) (api.Locked, error) {
	return call[api.Locked](ctx, c, post, ofRoom(room, "/unlock"), nil, nil)
}

// Kick removes a user from a room.
func (c *Client) Kick(ctx context.Context, room, user string) (api.Disconnected, error) {
	return call[api.Disconnected](ctx, c, post, ofRoom(room, "/kick"), nil, api.Kick{User: user})
}

// Notice sends a notice to the people in a room; an empty room stands for everybody.
func (c *Client) Notice(ctx context.Context, room string, n api.Notice) (api.Noticed, error) {
	path := "/v1/notice"
	if room != "" {
		path = ofRoom(room, "/notice")
	}
	return call[api.Noticed](ctx, c, post, path, nil, n)
}

// Locks returns a page of the rooms that are locked.
func (c *Client) Locks(ctx context.Context, offset, limit int) (api.LockPage, error) {
	return call[api.LockPage](ctx, c, get, "/v1/locks", page(offset, limit), nil)
}

func page(offset, limit int) url.Values {
	v := url.Values{}
	add(v, "offset", number(offset))
	add(v, "limit", number(limit))
	return v
}

// ConnectionQuery selects connections. The zero value of a field selects all.
type ConnectionQuery struct {
	Room, User string
	Address    string // IP address, or a range
	After      uint64 // only those with a higher id
	Limit      int
}

// Connections returns a page of connections.
func (c *Client) Connections(ctx context.Context, q ConnectionQuery) (api.ConnectionPage, error) {
	v := url.Values{}
	add(v, "room", q.Room)
	add(v, "user", q.User)
	add(v, "address", q.Address)
	add(v, "after", number(q.After))
	add(v, "limit", number(q.Limit))
	return call[api.ConnectionPage](ctx, c, get, "/v1/connections", v, nil)
}

// Disconnect closes a connection.
func (c *Client) Disconnect(
	ctx context.Context, connection uint64, reason string,
) (api.Disconnected, error) {
	v := url.Values{}
	add(v, "reason", reason)
	path := "/v1/connections/" + strconv.FormatUint(connection, 10)
	return call[api.Disconnected](ctx, c, del, path, v, nil)
}

// DisconnectUser closes the connections of a user, who may be kept out for a time.
func (c *Client) DisconnectUser(
	ctx context.Context, user string, d api.Disconnect,
) (api.Disconnected, error) {
	path := "/v1/users/" + url.PathEscape(user) + "/disconnect"
	return call[api.Disconnected](ctx, c, post, path, nil, d)
}

// Bans returns a page of the users who are kept out.
func (c *Client) Bans(ctx context.Context, offset, limit int) (api.BanPage, error) {
	return call[api.BanPage](ctx, c, get, "/v1/bans", page(offset, limit), nil)
}

// Unban lets a user in again.
func (c *Client) Unban(ctx context.Context, user string) (api.Unbanned, error) {
	return call[api.Unbanned](ctx, c, del, "/v1/bans/"+url.PathEscape(user), nil, nil)
}

// Snapshot stores a snapshot of a room now.
func (c *Client) Snapshot(ctx context.Context, room string) (api.Saved, error) {
	return call[api.Saved](ctx, c, post, ofRoom(room, "/snapshot"), nil, nil)
}

// Refresh fetches the record of a room at once, if the room is loaded.
func (c *Client) Refresh(ctx context.Context, room string) (api.Refreshed, error) {
	return call[api.Refreshed](ctx, c, post, ofRoom(room, "/refresh"), nil, nil)
}

// Evict saves a room and unloads it.
func (c *Client) Evict(ctx context.Context, room string) (api.Evicted, error) {
	return call[api.Evicted](ctx, c, post, ofRoom(room, "/evict"), nil, nil)
}

// LogLevels returns the levels of the log.
func (c *Client) LogLevels(ctx context.Context) (api.LogLevels, error) {
	return call[api.LogLevels](ctx, c, get, "/v1/log-level", nil, nil)
}

// SetLogLevels changes levels of the log, and returns all.
func (c *Client) SetLogLevels(ctx context.Context, l api.LogLevels) (api.LogLevels, error) {
	return call[api.LogLevels](ctx, c, put, "/v1/log-level", nil, l)
}

// Reload makes the server read its configuration again.
func (c *Client) Reload(ctx context.Context) (api.Reloaded, error) {
	return call[api.Reloaded](ctx, c, post, "/v1/reload", nil, nil)
}

// Drain shuts the server down.
func (c *Client) Drain(ctx context.Context) (api.Draining, error) {
	return call[api.Draining](ctx, c, post, "/v1/drain", nil, nil)
}
