package migrate

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/docname"
)

// Rooms says which room a document is given.
type Rooms struct {
	From  Server
	Rules docname.Rules // none: a name is the id of a record
}

// Room returns the key of a document's room. y-websocket-server names a document by the path of the
// URL: its name is decoded as that of a room is in the path of a URL here.
func (r Rooms) Room(document string) (key roomkey.Key, err error) {
	name := document
	if r.From == YWebsocket {
		if name, err = url.PathUnescape(document); err != nil {
			return key, errors.New("the name is not percent-encoded as in a URL")
		}
	}
	if key, err = r.Rules.Room(name); err != nil {
		err = fmt.Errorf("there is no room for it: %s", r.fault(name))
	}
	return key, err
}

// fault says why a document has no room.
func (r Rooms) fault(name string) string {
	switch {
	case name == "":
		return "the name is empty"
	case !utf8.ValidString(name):
		return "the name is not in UTF-8"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "the name has control characters"
	case len(r.Rules) > 0:
		return "no rule fits the name, or the rule that does gives no id of a record"
	case strings.Contains(name, "/"):
		return "ids of records have no slash"
	case len(name) > roomkey.MaxID:
		return fmt.Sprintf("the name is longer than %d bytes", roomkey.MaxID)
	}
	return "the name is reserved"
}
