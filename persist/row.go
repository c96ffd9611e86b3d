package persist

import "fmt"

// MaxRoom is the longest key of a room in bytes: a record id of 255 and a kind of 7.
const MaxRoom = 262

// Row is a row to be appended and, once Append has returned, the answer about it. It is an
// alias of a struct type, which engine declares the same, so that neither package imports the
// other.
type Row = struct {
	Room string
	Data []byte // borrowed by Append
	Seq  uint64 // the row's number; set by Append, 0 if it was refused
	Err  error  // why the row was refused; set by Append, nil if it is durable
}

// CheckRoom returns an ErrRoom unless room can be a room's key.
func CheckRoom(room string) error {
	if len(room) == 0 || len(room) > MaxRoom {
		return fmt.Errorf("%w: %d bytes long", ErrRoom, len(room))
	}
	return nil
}

// CheckRows resets the answers of rows, refuses those whose room cannot be a key, and returns
// how many are left to be stored.
func CheckRows(rows []Row) (left int) {
	for i := range rows {
		r := &rows[i]
		if r.Seq, r.Err = 0, CheckRoom(r.Room); r.Err == nil {
			left++
		}
	}
	return left
}
