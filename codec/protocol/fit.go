package protocol

// What a RoomState may hold beside the document, so that at least MinState bytes of that fit
// a frame of MaxFrame bytes with it, in every protocol.
const (
	// MaxStateVector is the length in bytes of the longest state vector; a longer one is left out.
	MaxStateVector = 16 << 10
	// MinState is the length in bytes of the longest document, or first part of one, that fits in any case.
	MinState = 12 << 10

	maxParticipants = 24 << 10 // bytes of all participants as JSON
)

// FitParticipants is how many of users, from the first, a RoomState may list. Others are
// told of with Joined, behind it. It is at least 10 when no id is longer than 255 bytes and no
// name than 128, whatever is in them, and about 300 of ordinary people.
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
