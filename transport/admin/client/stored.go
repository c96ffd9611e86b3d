package client

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// StoredQuery selects stored rooms. The zero value of a field stands for the server's default.
type StoredQuery struct {
	Prefix string // of names
	After  string // only names after this one
	Limit  int    // rooms on the page
}

// Stored returns a page of the rooms that are stored, loaded or not.
func (c *Client) Stored(ctx context.Context, q StoredQuery) (api.StoredPage, error) {
	v := url.Values{}
	add(v, "prefix", q.Prefix)
	add(v, "after", q.After)
	add(v, "limit", number(q.Limit))
	return call[api.StoredPage](ctx, c, get, "/v1/stored", v, nil)
}

// Versions returns the versions of a room that are kept.
func (c *Client) Versions(ctx context.Context, room string) (api.VersionList, error) {
	return call[api.VersionList](ctx, c, get, ofRoom(room, "/versions"), nil, nil)
}

// Document returns a version of a room as the server stores it; version 0 is the present document.
// It may take as long as ctx.
func (c *Client) Document(ctx context.Context, room string, version uint64) ([]byte, error) {
	path := "/versions/current"
	if version != 0 {
		path = "/versions/" + strconv.FormatUint(version, 10)
	}
	const media = "application/vnd.civic-realtime.snapshot"
	resp, err := c.send(ctx, get, ofRoom(room, path), nil, nil, media)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	document, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("the document was cut off: %w", err)
	}
	return document, nil
}

// Restore gives the document of a room the content of a version.
func (c *Client) Restore(ctx context.Context, room string, version uint64) (api.Restored, error) {
	path := ofRoom(room, "/versions/"+strconv.FormatUint(version, 10)+"/restore")
	return call[api.Restored](ctx, c, post, path, nil, nil)
}

// CreateVersion keeps the present document of a room as a version.
func (c *Client) CreateVersion(ctx context.Context, room, name string) (api.Version, error) {
	return call[api.Version](ctx, c, post, ofRoom(room, "/versions"), nil, api.VersionName{Name: name})
}

// RenameVersion gives a version another name.
func (c *Client) RenameVersion(
	ctx context.Context, room string, version uint64, name string,
) (api.Renamed, error) {
	body := api.VersionName{Name: name}
	return call[api.Renamed](ctx, c, patch, ofVersion(room, version), nil, body)
}

// DeleteVersion deletes a version.
func (c *Client) DeleteVersion(
	ctx context.Context, room string, version uint64,
) (api.VersionDeleted, error) {
	return call[api.VersionDeleted](ctx, c, del, ofVersion(room, version), nil, nil)
}

func ofVersion(room string, version uint64) string {
	return ofRoom(room, "/versions/"+strconv.FormatUint(version, 10))
}

// DeleteRoom deletes a document for good.
func (c *Client) DeleteRoom(ctx context.Context, room string) (api.Deleted, error) {
	return call[api.Deleted](ctx, c, del, ofRoom(room, ""), nil, nil)
}

// Undelete lets a document that was deleted be begun again.
func (c *Client) Undelete(ctx context.Context, room string) (api.Deleted, error) {
	return call[api.Deleted](ctx, c, del, ofRoom(room, "/tombstone"), nil, nil)
}

// Backup writes a backup of the server's store to w. After an error w has a part of one, if
// anything. It may take as long as ctx.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	resp, err := c.send(ctx, post, "/v1/backup", nil, nil, "application/octet-stream")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("the backup was cut off: %w", err)
	}
	return nil
}
