package transport

const (
	// bulk is what has to be missing of a message for its link to be read as a bulky one.
	bulk = readBuffer / 4
	// bulkTurn is about how many bytes are read from all bulky links before others have their turn.
	bulkTurn = 1 << 20
)

// readBulky reads links that are in the midst of long messages, a slice of each in turn. One is
// asked for at a time, as the kernel puts what it has reported behind the others.
func (p *poller) readBulky() {
	for cost := 0; cost < bulkTurn; {
		ready := p.bulky.ready(p.events[:1])
		if len(ready) == 0 {
			return
		}
		p.reports.Add(1)
		cost += max(1, p.read(int(ready[0].Fd)))
	}
}

// slice is how much of buf to read into: at first little, as what is not dealt with at once has
// to be kept; of a message that has begun the rest, and little more.
func (l *fdLink) slice(buf []byte) []byte {
	if l.conn.phase == deaf {
		return buf
	}
	return buf[:min(len(buf), shortRead+l.conn.frames.Pending())]
}

// feed hands n bytes on, and says what that took, in bytes read, made room for, copied or checked.
func (l *fdLink) feed(b []byte) (cost int) {
	before := l.conn.frames.Memory()
	l.conn.feed(b)
	if after := l.conn.frames.Memory(); after >= before {
		return len(b) + after - before
	}
	return len(b) + before
}
