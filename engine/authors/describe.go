package authors

// describe adds the users that a form describes, and makes its runs and ranges have the numbers of
// the Map: a user may have another one there. alias has the numbers that earlier forms have
// given to other users than the Map; the result has those of this form too. stored is set if the
// form is in the store of the Map.
func (t *Map) describe(f *form, alias map[uint32]uint32, stored bool) map[uint32]uint32 {
	for _, m := range f.users {
		if !m.described {
			continue
		}
		number := t.describeUser(m, stored)
		if number == m.number {
			delete(alias, m.number)
			continue
		}
		if alias == nil {
			alias = make(map[uint32]uint32)
		}
		alias[m.number] = number
		if u := t.userOf(m.number); u != nil && stored {
			u.stored = false // rows mean another user by its number now
		}
	}
	t.translate(f, alias)
	return alias
}

// describeUser adds a user that a form describes, or takes over its name, and returns its number.
func (t *Map) describeUser(m listed, stored bool) uint32 {
	i, taken := t.indexOf(m.number)
	if !taken {
		if i = t.addUser(m.Author, m.number); i < 0 {
			return Nobody
		}
	}
	if u := &t.users[i]; u.is(m.Author) {
		u.stored = stored || u.stored && u.Name == m.Name
		u.Name = m.Name
		return m.number
	}
	return t.Number(m.Author)
}

// translate replaces the numbers in a form by those of the Map. Users that it does not describe,
// and the Map does not know, become nobody.
func (t *Map) translate(f *form, alias map[uint32]uint32) {
	same := true
	number := func(n uint32) uint32 {
		if other, ok := alias[n]; ok {
			return other
		}
		if n != Nobody && t.userOf(n) == nil {
			return Nobody
		}
		return n
	}
	for i := range f.users {
		n := number(f.users[i].number)
		same = same && n == f.users[i].number
		f.users[i].number = n
	}
	if same {
		return
	}
	for _, c := range f.clients {
		c.translate(number)
	}
}

// translate replaces the numbers of users.
func (c *client) translate(number func(uint32) uint32) {
	runs := c.runs
	c.runs = nil
	for _, r := range runs {
		c.begin(r.clock, number(r.user))
	}
	chunks := c.deleted.chunks
	c.deleted = ranges{}
	for _, chunk := range chunks {
		for _, r := range chunk {
			r.user = number(r.user)
			c.deleted.push(r)
		}
	}
}
