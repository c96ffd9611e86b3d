package capacity

import "time"

// Options says what is measured.
type Options struct {
	// Binary is the program whose serve command is measured.
	Binary string
	// Dir is an existing directory, on the file system of the data. A directory in it is used, and
	// removed in the end.
	Dir string
	// Durability and Window are the server's; Window may be "" for its default.
	Durability, Window string
	// For is about how long the measurement takes. At least MinTime.
	For time.Duration
	// Most is the largest number of people that is tried, 0 for as many as can connect.
	Most int
	// Progress is called with what is done next.
	Progress func(string)
}
