package transport

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/engine"
)

// kind is a sort of room that clients can connect to.
type kind struct {
	room  string // what the keys of its rooms begin with
	valid func(id string) bool
}

var records = kind{room: "record:", valid: validRecordID}

// kinds are the sorts of rooms by the segments of the path that name them. CivicPress' service takes both.
var kinds = map[string]kind{
	"records": records,
	"record":  records,
}

var (
	errKind = &engine.CloseError{Code: engine.CloseRoomNotFound, Reason: "no such kind of room"}
	errID   = &engine.CloseError{Code: engine.CloseRoomNotFound, Reason: "not a record id"}
)

// trimPrefix returns what follows prefix in path, and whether path is in its realm.
// A prefix that comes twice counts once: CivicPress has shipped such configurations.
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
func roomKey(rest string) (string, error) {
	name, escaped, _ := strings.Cut(rest, "/")
	k, ok := kinds[name]
	if !ok {
		return "", errKind
	}
	id, err := url.PathUnescape(escaped)
	if err != nil || !k.valid(id) {
		return "", errID
	}
	return k.room + id, nil
}

// RecordID is the id of the record that a room is of, by the room's key.
func RecordID(room string) (id string, ok bool) {
	return strings.CutPrefix(room, records.room)
}

// RecordRoom is the key of a record's room. Its error is a *engine.CloseError.
func RecordRoom(id string) (string, error) {
	if !validRecordID(id) {
		return "", errID
	}
	return records.room + id, nil
}

// maxID is the length in bytes of the longest id.
const maxID = 255

func validRecordID(id string) bool {
	return id != "" && len(id) <= maxID && id != "." && id != ".." &&
		utf8.ValidString(id) && !strings.ContainsFunc(id, badInID)
}

func badInID(r rune) bool { return r == '/' || unicode.IsControl(r) }
