package authors

import (
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// ErrForm is the error of bytes that are no form. It is wrapped with the reason.
var ErrForm = errors.New("authors are of an unknown form")

// MaxBytes is the length of the longest form.
const MaxBytes = 1 << 20

// The flags of a form.
const (
	flagWhole   = 1
	flagForget  = 2
	flagDeleter = 4

	flagBits = 3
)

// form is a form that was read. Its runs and ranges have numbers of users.
type form struct {
	flags   uint64
	users   []listed  // in ascending order, but for the deleter, which comes first
	clients []*client // by ascending id
}

// listed is a user of a form.
type listed struct {
	number    uint32
	described bool
	Author
}

func (f *form) is(flag uint64) bool { return f.flags&flag != 0 }

// parse reads a form, which it does not borrow.
func parse(b []byte) (*form, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrForm, len(b))
	}
	p := parser{Reader: lib0.NewReader(b)}
	f := p.form()
	p.End()
	if err := p.Err(); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrForm, err)
	}
	return f, nil
}

// Reasons for ErrForm.
var (
	errLonger = errors.New("a number is longer than it must be")
	errOrder  = errors.New("not in order")
	errUser   = errors.New("no such user")
	errFlags  = errors.New("unknown flags")
	errEmpty  = errors.New("something empty")
)

type parser struct {
	lib0.Reader
	users []listed
}

// number reads a number in its shortest encoding.
func (p *parser) number() uint64 {
	at := p.Offset()
	n := p.Uvarint()
	if p.Err() == nil && p.Offset()-at != lib0.UvarintLen(n) {
		p.FailAt(at, errLonger)
	}
	return n
}

// count reads the number of elements of at least size bytes, of which there is one at least.
func (p *parser) count(size int) int {
	at := p.Offset()
	switch n := p.number(); {
	case p.Err() != nil:
	case n > uint64(p.Len()/size):
		p.FailAt(at, lib0.ErrCount)
	default:
		return int(n)
	}
	return 0
}

// above reads a difference, which is not 0 unless it is the first, and returns the sum.
func (p *parser) above(last uint64, first bool) uint64 {
	at := p.Offset()
	d := p.number()
	if d == 0 && !first {
		p.FailAt(at, errOrder)
	}
	if d > lib0.MaxSafeInteger-last {
		p.FailAt(at, lib0.ErrOverflow)
		return last
	}
	return last + d
}

func (p *parser) form() *form {
	head := p.number()
	f := &form{flags: head & (1<<flagBits - 1)}
	if f.is(flagWhole) && f.flags != flagWhole {
		p.FailAt(0, errFlags)
	}
	n := head >> flagBits
	if n > uint64(p.Len()) || n > numbers+1 || n == 0 && f.is(flagDeleter) {
		p.FailAt(0, lib0.ErrCount)
		n = 0
	}
	for i := range n {
		p.listedUser(i == 0 || i == 1 && f.is(flagDeleter))
	}
	if f.users = p.users; p.Err() != nil || p.Len() == 0 {
		return f
	}
	clients := p.count(4)
	if clients == 0 {
		p.Fail(errEmpty)
	}
	id := uint64(0)
	for i := range clients {
		id = p.above(id, i == 0)
		f.clients = append(f.clients, p.client(id))
		if p.Err() != nil {
			break
		}
	}
	return f
}

// listedUser reads a user. Unless it is the first its number is greater than that of the one
// before.
func (p *parser) listedUser(first bool) {
	at := p.Offset()
	n := p.number()
	m := listed{number: uint32(n >> 1), described: n&1 != 0}
	switch {
	case n>>1 > numbers, n == 1:
		p.FailAt(at, errUser)
	case !first && m.number <= p.users[len(p.users)-1].number, p.lists(m.number):
		p.FailAt(at, errOrder)
	}
	if m.described {
		m.ID, m.Name, m.OnBehalfOf = p.text(maxID), p.text(maxName), p.text(maxID)
		if m.ID == "" {
			p.FailAt(at, errEmpty)
		}
	}
	p.users = append(p.users, m)
}

// lists reports whether the deleter is the user with a number.
func (p *parser) lists(number uint32) bool {
	return len(p.users) > 0 && p.users[0].number == number
}

func (p *parser) text(most int) string {
	at := p.Offset()
	n := p.number()
	if n > uint64(most) {
		p.FailAt(at, lib0.ErrCount)
		return ""
	}
	s := p.Take(n)
	if lib0.InvalidUTF8(s) < len(s) && p.Err() == nil {
		p.FailAt(at, lib0.ErrUTF8)
	}
	return string(s)
}

func (p *parser) user() uint32 {
	at := p.Offset()
	if i := p.number(); i < uint64(len(p.users)) {
		return p.users[i].number
	}
	p.FailAt(at, errUser)
	return Nobody
}

// client reads the runs and ranges of a client.
func (p *parser) client(id uint64) *client {
	c := &client{id: id, open: true}
	clock := uint64(0)
	for i := range p.count(2) {
		at := p.Offset()
		clock = p.above(clock, i == 0)
		user := p.user()
		if i > 0 && c.last() == user {
			p.FailAt(at, errOrder)
		}
		c.runs = append(c.runs, run{clock, user})
	}
	end := uint64(0)
	for i := range p.count(3) {
		at := p.Offset()
		r := deleted{clock: p.above(end, true)}
		r.end = p.above(r.clock, false)
		r.user = p.user()
		if c.deleted.push(r); c.deleted.len == i { // joined with the one before
			p.FailAt(at, errOrder)
			break
		}
		end = r.end
	}
	if c.size() == 0 {
		p.Fail(errEmpty)
	}
	return c
}
