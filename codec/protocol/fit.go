package protocol

// Limits of a RoomState, with which at least MinState bytes of the document fit a frame of
// websocket.MaxFrame bytes in every protocol.
const (
	// MaxStateVector is the length in bytes of the longest state vector; a longer one is left out.
	MaxStateVector = 16 << 10
	// MinState is the length in bytes of the longest document, or first part of one, that always
	// fits.
	MinState = 12 << 10

	maxParticipants = 24 << 10 // length of all participants as JSON, in bytes
)

// FitParticipants returns how many of users, from the first, a RoomState may list. Each of the
// others is announced with a Joined after it. It is at least 10 if no id is longer than 255 bytes
// and no name longer than 128, whatever they contain, and about 300 with ordinary names.
func FitParticipants(users []User) int {
	size := 0
	var scratch [256]byte
	for i, u := range users {
		if size += 1 + len(appendJSONUser(scratch[:0], u)); size > maxParticipants {
			return i
		}
	}
	return len(users)
}
