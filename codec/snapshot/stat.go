package snapshot

// Info is what a stored snapshot says of itself.
type Info struct {
	Algorithm Algorithm
	Version   uint64
	Size      uint64 // of the state, in bytes; a claim, which Decode holds it to
}

// Stat reads the header only.
func Stat(b []byte) (Info, error) {
	h, err := parseHeader(b)
	if err != nil {
		return Info{}, err
	}
	return Info{h.algorithm, h.version, h.size}, nil
}
