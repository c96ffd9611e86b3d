package authors

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// DefaultMaxRuns is how many runs and ranges a Map has by default. Each takes 16 or 24 bytes.
const DefaultMaxRuns = 100_000

// Map has the authors of one document, as Yjs 14's IdMap has attributes: of ids. A nil Map knows
// nobody and keeps nothing.
type Map struct {
	users   []user // by ascending number
	few     []*client
	many    map[uint64]*client // in place of few, if there are more than that
	size    int                // runs and ranges of all clients
	max     int                // the most that there may be
	dropped int                // runs and ranges that were given to nobody, and users without room
	lost    bool               // clients were dropped

	// The results of the last lookups.
	recent     *client
	recentUser int // index in users

	row changes // since the last Row or ClearRow

	listed []uint32 // of a form that is being written
}

// fewClients is how many clients are looked up one by one.
const fewClients = 16

// New returns an empty Map of at most a number of runs and ranges; 0: DefaultMaxRuns.
func New(maxRuns int) *Map {
	if maxRuns <= 0 {
		maxRuns = DefaultMaxRuns
	}
	return &Map{max: maxRuns}
}

// Number returns the number of a user, which is added if it is new; Nobody if there are too many
// users, or the id is too long.
func (t *Map) Number(who Author) uint32 {
	if t == nil || who.ID == "" {
		return Nobody
	}
	if i := t.recentUser; i < len(t.users) && t.users[i].Author == who {
		return t.users[i].number
	}
	i, number := t.search(who)
	if i < 0 {
		if i = t.addUser(who, number); i < 0 {
			return Nobody
		}
	}
	u := &t.users[i]
	if name := clipName(who.Name); u.Name != name {
		u.Name, u.stored = name, false
	}
	t.recentUser = i
	return u.number
}

// search returns the index of a user or, if it is not known, a negative one and the number that the
// user is to have.
func (t *Map) search(who Author) (i int, number uint32) {
	number = firstNumber(who)
	for range maxUsers + 1 {
		i, taken := t.indexOf(number)
		if !taken {
			break
		}
		if t.users[i].is(who) {
			return i, number
		}
		number = 1 + number%numbers
	}
	return -1, number
}

// indexOf returns the index of the user with a number, or where it belongs.
func (t *Map) indexOf(number uint32) (i int, ok bool) {
	return slices.BinarySearchFunc(t.users, number, func(u user, number uint32) int {
		return cmp.Compare(u.number, number)
	})
}

// userOf returns the user with a number, nil if there is none.
func (t *Map) userOf(number uint32) *user {
	if i, ok := t.indexOf(number); ok {
		return &t.users[i]
	}
	return nil
}

// addUser adds a user with a number that no other has, and returns its index; -1 if that is not
// possible.
func (t *Map) addUser(who Author, number uint32) int {
	if len(t.users) >= maxUsers || !storable(who.ID) || !storable(who.OnBehalfOf) {
		t.dropped++
		return -1
	}
	i, _ := t.indexOf(number)
	who.Name = clipName(who.Name)
	t.users = slices.Insert(t.users, i, user{Author: who, number: number})
	return i
}

// client returns a client, nil if it is not known.
func (t *Map) client(id uint64) *client {
	if t.recent != nil && t.recent.id == id {
		return t.recent
	}
	c := t.many[id]
	for i := 0; i < len(t.few) && c == nil; i++ {
		if t.few[i].id == id {
			c = t.few[i]
		}
	}
	if c != nil {
		t.recent = c
	}
	return c
}

func (t *Map) makeClient(id uint64) *client {
	c := t.client(id)
	if c == nil {
		c = &client{id: id}
		t.recent = c
		t.addClient(c)
	}
	return c
}

// addClient adds a client that the Map does not have.
func (t *Map) addClient(c *client) {
	if t.many == nil && len(t.few) < fewClients {
		t.few = append(t.few, c)
		return
	}
	if t.many == nil {
		t.many = make(map[uint64]*client, 2*fewClients)
		for _, c := range t.few {
			t.many[c.id] = c
		}
		t.few = nil
	}
	t.many[c.id] = c
}

// all returns all clients, by ascending id.
func (t *Map) all() []*client {
	all := slices.AppendSeq(slices.Clone(t.few), maps.Values(t.many))
	slices.SortFunc(all, func(a, b *client) int { return cmp.Compare(a.id, b.id) })
	return all
}

// Inserted records that a user wrote clocks of a client, which are after all others of the client.
// Mostly it is the user of the clocks before, and nothing is to be done.
func (t *Map) Inserted(id, clock, _ uint64, by uint32) {
	t.row.insertedBy(id)
	c := t.client(id)
	switch {
	case c != nil && c.open && c.last() == by:
		return
	case by == Nobody && (c == nil || len(c.runs) == 0) && !t.lost:
		return
	}
	c = t.makeClient(id)
	t.use(by)
	before := len(c.runs)
	c.begin(clock, by)
	c.open = true
	t.row.runs = append(t.row.runs, rowRun{id, run{clock, by}})
	t.grown(len(c.runs) - before)
}

// Deleted records that a user deleted clocks of a client.
func (t *Map) Deleted(id, clock, end uint64, by uint32) {
	t.row.deletedBy(id, deleted{clock, end, by})
	if by == Nobody {
		return
	}
	t.use(by)
	c := t.makeClient(id)
	before := c.deleted.len
	c.deleted.add(clock, end, by)
	t.grown(c.deleted.len - before)
}

func (t *Map) use(number uint32) {
	if i := t.recentUser; i < len(t.users) && t.users[i].number == number {
		t.users[i].used = true
	} else if u := t.userOf(number); u != nil {
		u.used = true
	}
}

// Writer returns the user who wrote a unit, and the clock of the client up to which that holds.
func (t *Map) Writer(id, clock uint64) (by Author, until uint64) {
	until = math.MaxUint64
	if t == nil {
		return by, until
	}
	if c := t.client(id); c != nil {
		var number uint32
		number, until, _ = c.find(clock)
		by = t.user(number)
	}
	return by, until
}

// Deleter returns the user who deleted a unit, and the clock of the client up to which that holds:
// up to the next one of whose deletion more is known.
func (t *Map) Deleter(id, clock uint64) (by Author, until uint64) {
	until = math.MaxUint64
	if t == nil {
		return by, until
	}
	if c := t.client(id); c != nil {
		var number uint32
		number, until, _ = c.deleted.find(clock)
		by = t.user(number)
	}
	return by, until
}

func (t *Map) user(number uint32) Author {
	if u := t.userOf(number); u != nil {
		return u.Author
	}
	return Author{}
}

// Empty reports whether the Map knows nothing.
func (t *Map) Empty() bool { return t == nil || t.size == 0 }

// Size returns the number of runs and ranges.
func (t *Map) Size() int {
	if t == nil {
		return 0
	}
	return t.size
}

// TakeDropped returns how many runs, ranges and users found no room since it was last called.
func (t *Map) TakeDropped() (n int) {
	if t == nil {
		return 0
	}
	n, t.dropped = t.dropped, 0
	return n
}
