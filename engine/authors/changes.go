package authors

// changes is what a Map has got since the last row.
type changes struct {
	structs bool   // there are structs,
	first   uint64 // and this is the highest client id of them: of the first section of the row
	runs    []rowRun
	deleted []rowDeleted
	form    []byte // scratch space
}

type rowRun struct {
	client uint64
	run
}

type rowDeleted struct {
	client uint64
	deleted
}

func (c *changes) insertedBy(client uint64) {
	if !c.structs || client > c.first {
		c.structs, c.first = true, client
	}
}

// deletedBy adds a range, or extends the last one by it.
func (c *changes) deletedBy(client uint64, r deleted) {
	if n := len(c.deleted); n > 0 {
		last := &c.deleted[n-1]
		if last.client == client && last.user == r.user && last.end == r.clock {
			last.end = r.end
			return
		}
	}
	c.deleted = append(c.deleted, rowDeleted{client, r})
}
