package webhooks

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
)

// The types of events.
const (
	Created     = "document.created"
	Changed     = "document.changed"
	Saved       = "document.saved"
	Deleted     = "document.deleted"
	VersionMade = "version.created"
	SavesFail   = "document.saving_failed"
	SavesWork   = "document.saving_resumed"
	UserJoined  = "user.joined"
	UserLeft    = "user.left"
	LimitHit    = "limit.reached"
	Test        = "webhook.test"
)

// Types are the types that an endpoint may ask for, in the order of the documentation. Test is sent
// when an operator asks for it.
func Types() []string {
	return []string{
		Created, Changed, Saved, Deleted, VersionMade, SavesFail, SavesWork, LimitHit, UserJoined,
		UserLeft,
	}
}

// byDefault reports whether endpoints that name no types are sent one. People's comings and goings
// are many, and personal.
func byDefault(kind string) bool { return kind != UserJoined && kind != UserLeft }

// User is a user in an event.
type User struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Bounds of users in events, in bytes: so no event is longer than what an outbox keeps.
const (
	maxUserID   = 512 // a user with a longer one is left out, as where authors are kept
	maxUserName = 256 // a longer one is cut
)

// userOf returns a user as events have it; ok is false for one that they leave out.
func userOf(id, name string) (u User, ok bool) {
	for len(name) > maxUserName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return User{id, name}, id != "" && len(id) <= maxUserID
}

// event is something that happened. Members that do not apply are zero.
type event struct {
	kind        string
	time        time.Time
	to          string // the only endpoint that is sent it; empty: all that want it
	incarnation uint64
	began       string // the key of the mark that the event drops; empty: it has none
	data        data
}

// data is the member "data" of a body. It never has text of a document.
type data struct {
	Room    string `json:"room,omitempty"`
	Version uint64 `json:"version,omitempty"` // of the document
	Users   []User `json:"users,omitempty"`   // that have changed it
	User    *User  `json:"user,omitempty"`    // that joined, left, or reached a limit
	Limit   string `json:"limit,omitempty"`
	Reason  string `json:"reason,omitempty"`

	VersionID uint64 `json:"version_id,omitempty"` // of the version that was created
}

// body returns the JSON that receivers are sent.
func (e *event) body() []byte {
	b, err := json.Marshal(struct {
		Type string `json:"type"`
		Time string `json:"timestamp"`
		Data data   `json:"data"`
	}{e.kind, e.time.UTC().Format("2006-01-02T15:04:05.000Z"), e.data})
	if err != nil {
		panic(err) // texts and numbers only
	}
	return b
}

// id returns the identifier of the event's message. Those of beginnings, changes, saves, deletions
// and versions are the same whenever they are made, as they may be made again after a crash.
func (e *event) id() string {
	h := sha256.New()
	b := append([]byte(e.kind+"\x00"+e.data.Room+"\x00"), 0)
	b = binary.BigEndian.AppendUint64(b, e.incarnation)
	switch e.kind {
	case Created:
	case Changed, Saved:
		b = binary.BigEndian.AppendUint64(b, e.data.Version)
	case Deleted, VersionMade: // ids of versions may begin anew after a deletion
		b = binary.BigEndian.AppendUint64(b, uint64(e.time.UnixMilli()))
		b = binary.BigEndian.AppendUint64(b, e.data.VersionID)
	default:
		return standardwebhooks.NewID()
	}
	h.Write(b)
	sum := h.Sum(nil)
	return "msg_" + base32.StdEncoding.EncodeToString(sum[:15])
}

// merge takes in a later change of the same document: it has all users of both.
func (e *event) merge(later *event) {
	e.time, e.data.Version = later.time, max(e.data.Version, later.data.Version)
	for _, u := range later.data.Users {
		e.data.addUser(u)
	}
}

// maxUsers is how many users an event has at most.
const maxUsers = 100

func (d *data) addUser(u User) {
	for i := range d.Users {
		if d.Users[i].ID == u.ID {
			d.Users[i].Name = cmp.Or(d.Users[i].Name, u.Name)
			return
		}
	}
	if len(d.Users) < maxUsers {
		d.Users = append(d.Users, u)
	}
}
