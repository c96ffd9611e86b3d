package authors

import (
	"cmp"
	"math"
	"slices"
)

// Replay adds rows to a Map, in their order: for each row Begin, and then the structs and
// deletions that are new to the document, as the document finds them (ydoc.Recorder). A Replay is
// for the rows of one node: numbers that a row gives to other users than the Map does are
// translated for it and the rows after it. A Replay of a nil Map does nothing.
type Replay struct {
	t     *Map
	other bool              // rows of another store
	alias map[uint32]uint32 // number in rows → number in the Map

	form    *form
	structs bool
	first   uint64 // client id of the first section
	deleter uint32
	recent  *client // of the form, that was used last

	counts bool
	users  []uint32 // of the rows since CountUsers
}

// Replay returns a Replay of the rows of the store that the Map writes rows for.
func (t *Map) Replay() *Replay { return &Replay{t: t} }

// ReplayOther returns a Replay of rows that are in another store: the rows that the Map writes
// have to say all that these say.
func (t *Map) ReplayOther() *Replay { return &Replay{t: t, other: true} }

// emptyForm is the form of a row that has none.
var emptyForm = &form{}

// Begin begins a row with a form, nil for none. first is the client id of the first section of its
// update, if it has structs. Its error is an ErrForm; nothing is known of the row's authors then.
func (p *Replay) Begin(row []byte, structs bool, first uint64) (err error) {
	p.form, p.structs, p.first, p.deleter, p.recent = emptyForm, structs, first, Nobody, nil
	if p.t == nil || len(row) == 0 {
		return nil
	}
	f, err := parse(row)
	if err != nil {
		p.form = &form{flags: flagWhole}
		return err
	}
	p.form = f
	p.alias = p.t.describe(f, p.alias, !p.other)
	if f.is(flagDeleter) {
		p.deleter = f.users[0].number
	}
	if f.is(flagForget) {
		p.t.Forget()
	}
	return nil
}

// CountUsers makes Users return the users of the rows that begin from now on.
func (p *Replay) CountUsers() { p.counts = true }

// Users returns the users who wrote or deleted something in the rows since CountUsers, in the order
// in which they did.
func (p *Replay) Users() (all []Author) {
	for _, number := range p.users {
		all = append(all, p.t.user(number))
	}
	return all
}

func (p *Replay) count(number uint32) {
	if p.counts && number != Nobody && !slices.Contains(p.users, number) {
		p.users = append(p.users, number)
	}
}

// client returns a client of the form, nil if it is not there.
func (p *Replay) client(id uint64) *client {
	if p.recent != nil && p.recent.id == id {
		return p.recent
	}
	i, ok := slices.BinarySearchFunc(p.form.clients, id, func(c *client, id uint64) int {
		return cmp.Compare(c.id, id)
	})
	if !ok {
		return nil
	}
	p.recent = p.form.clients[i]
	return p.recent
}

// Inserted records clocks that are new to the document, of the users that the row says.
func (p *Replay) Inserted(id, clock, end uint64, _ uint32) {
	if p.t == nil {
		return
	}
	for c := p.client(id); clock < end; {
		until, ok := uint64(math.MaxUint64), false
		var number uint32
		if c != nil {
			number, until, ok = c.find(clock)
		}
		if !ok && !p.form.is(flagWhole) {
			number = p.t.client(id).next()
		}
		until = min(until, end)
		p.count(number)
		p.t.Inserted(id, clock, until, number)
		clock = until
	}
}

// Deleted records deletions that are new to the document, of the users that the row says.
func (p *Replay) Deleted(id, clock, end uint64, _ uint32) {
	if p.t == nil {
		return
	}
	for c := p.client(id); clock < end; {
		until, ok := uint64(math.MaxUint64), false
		var number uint32
		if c != nil {
			number, until, ok = c.deleted.find(clock)
		}
		if !ok {
			by, holds := p.otherDeleter(id, clock)
			number, until = by, min(until, holds)
		}
		until = min(until, end)
		p.count(number)
		p.t.Deleted(id, clock, until, number)
		clock = until
	}
}

// otherDeleter returns the user who deleted a unit that the row has in no range, and the clock up
// to which that holds.
func (p *Replay) otherDeleter(id, clock uint64) (by uint32, until uint64) {
	switch {
	case p.form.is(flagWhole):
		return Nobody, math.MaxUint64
	case p.form.is(flagDeleter):
		return p.deleter, math.MaxUint64
	}
	return p.t.impliedDeleter(p.structs, p.first, id, clock)
}

// Forget ends the last runs of all clients: rows were written of which no authors are known.
func (t *Map) Forget() {
	if t == nil {
		return
	}
	for _, c := range t.all() {
		c.open = false
	}
}

// ForgetRow is the form of a row that calls Forget.
var ForgetRow = []byte{flagForget}

// Whole returns the form of a row that has a whole document and the authors of a Map with a form,
// which may be empty: so that it does not count as a row that says nothing of its authors.
func Whole(form []byte) []byte {
	if len(form) == 0 {
		return []byte{flagWhole}
	}
	return form
}
