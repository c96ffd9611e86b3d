package leveldb

import "bytes"

// Damage is a part of a database that cannot be read.
type Damage struct {
	From, Through []byte // the least and the greatest key that it may have had; nil: any
	Err           error
}

// Touches reports whether the damage may be of keys that begin with prefix.
func (d Damage) Touches(prefix []byte) bool {
	above := d.Through != nil && bytes.Compare(d.Through, prefix) < 0
	below := d.From != nil && bytes.Compare(d.From, prefix) > 0 && !bytes.HasPrefix(d.From, prefix)
	return !above && !below
}
