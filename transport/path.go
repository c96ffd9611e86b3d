package transport

import (
	"net/url"
	"strings"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

var (
	errKind = &engine.CloseError{Code: engine.CloseRoomNotFound, Reason: "no such kind of room"}
	errID   = &engine.CloseError{Code: engine.CloseRoomNotFound, Reason: "not a record id"}
)

// trimPrefix returns the path below prefix, and whether path is below it. A prefix that comes twice
// counts once: CivicPress has shipped such configurations.
func trimPrefix(prefix, path string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, prefix)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	if again, ok := strings.CutPrefix(rest, prefix+"/"); ok {
		return again, true
	}
	return strings.TrimPrefix(rest, "/"), true
}

// roomKey returns the key of the room that rest, "<kind>/<id>" with the id still
// percent-encoded, names. Its error is a *engine.CloseError.
//
// A slash within an id, encoded or not, is refused: proxies disagree on whether
// they are the same, so two spellings would be two rooms for some and one for others.
func roomKey(rest string) (roomkey.Key, error) {
	segment, escaped, _ := strings.Cut(rest, "/")
	kind, ok := roomkey.OfSegment(segment)
	if !ok {
		return roomkey.Key{}, errKind
	}
	id, err := url.PathUnescape(escaped)
	if err != nil {
		return roomkey.Key{}, errID
	}
	key, err := roomkey.New(kind, id)
	if err != nil {
		return roomkey.Key{}, errID
	}
	return key, nil
}
