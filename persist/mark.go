package persist

import "time"

// Mark says what of a room's stored state others have: in a cluster, what Redis has. A room
// without a mark is one of which nothing was ever sent. It is an alias of a struct type, as Row is.
type Mark = struct {
	Room        string
	Incarnation uint64    // of the document that was sent; 0: not known
	Sent        uint64    // the rows up to and including this number were sent
	Whole       bool      // the whole state is to be sent, whatever Sent says
	Generation  string    // of what the rows were sent to: at most 255 bytes
	Released    time.Time // when this node gave the room up, in milliseconds; zero: it did not
}
