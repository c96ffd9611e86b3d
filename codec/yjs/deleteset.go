package yjs

import "github.com/civicpress/civic-realtime/codec/lib0"

// DeleteRange is a range of deleted clocks of one client.
type DeleteRange struct {
	Client     uint64
	Clock, End uint64 // End is the first clock not in it
}

// DeleteReader reads the ranges of a delete set, with the lib0.Reader of its UpdateReader.
type DeleteReader struct {
	*lib0.Reader
	client          uint64
	clients, ranges uint64 // that are not read yet
}

// Next reads the next range and reports whether there was one. After an error there is none.
func (d *DeleteReader) Next(r *DeleteRange) bool {
	for d.ranges == 0 {
		if d.clients == 0 {
			return false
		}
		d.clients--
		d.client, d.ranges = d.Uvarint(), d.Count(2)
	}
	d.ranges--
	start := d.Offset()
	r.Client, r.Clock = d.client, d.Uvarint()
	r.End = r.Clock + d.Uvarint()
	if r.End > lib0.MaxSafeInteger {
		d.FailAt(start, ErrClock)
	}
	if r.End == r.Clock { // a Y.Doc that keeps it as pending throws
		d.FailAt(start, ErrLength)
	}
	return d.Err() == nil
}

// checkDeletes reads a delete set and reports whether client ids came in strictly
// descending order. Ranges must ascend: a Y.Doc that keeps others as pending encodes
// them wrongly, and then throws.
func checkDeletes(r *lib0.Reader) bool {
	deletes := DeleteReader{Reader: r, clients: r.Count(2)}
	descending, last := true, DeleteRange{Client: lib0.MaxSafeInteger + 1}
	entry := deletes.clients
	for dr := (DeleteRange{}); deletes.Next(&dr); last = dr {
		if deletes.clients != entry {
			descending = descending && dr.Client < last.Client
			entry = deletes.clients
		} else if dr.Clock < last.End {
			deletes.Fail(ErrOrder)
		}
	}
	return descending
}

// AppendDeletes appends ranges as a delete set. They must be ordered by descending client and
// ascending clock.
func AppendDeletes(dst []byte, ranges []DeleteRange) []byte {
	dst = lib0.AppendUvarint(dst, uint64(countClients(ranges)))
	for len(ranges) > 0 {
		n := 1
		for n < len(ranges) && ranges[n].Client == ranges[0].Client {
			n++
		}
		dst = lib0.AppendUvarint(lib0.AppendUvarint(dst, ranges[0].Client), uint64(n))
		for _, r := range ranges[:n] {
			dst = lib0.AppendUvarint(lib0.AppendUvarint(dst, r.Clock), r.End-r.Clock)
		}
		ranges = ranges[n:]
	}
	return dst
}

// countClients returns the number of clients in ordered ranges.
func countClients(ranges []DeleteRange) (clients int) {
	for i := range ranges {
		if i == 0 || ranges[i].Client != ranges[i-1].Client {
			clients++
		}
	}
	return clients
}
