package httpapi

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// kindName names a kind of JSON value.
func kindName(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	}
	return "a number"
}

// Query reads the parameters of a request, and collects what is wrong with them.
type Query struct {
	values url.Values
	known  []string
	errs   []api.FieldError
}

// NewQuery returns the parameters of a request.
func NewQuery(r *http.Request) *Query { return &Query{values: r.URL.Query()} }

// CheckNames fails if a request has other parameters than those that are listed.
func CheckNames(r *http.Request, names ...string) error {
	q := Query{values: r.URL.Query(), known: names}
	return q.Err()
}

// Wrong notes what is wrong with a parameter.
func (q *Query) Wrong(name, detail string) {
	q.errs = append(q.errs, api.FieldError{Field: name, Detail: detail})
}

// Text returns the value of a parameter, "" if it is absent.
func (q *Query) Text(name string) string {
	q.known = append(q.known, name)
	if len(q.values[name]) > 1 {
		q.Wrong(name, "is there more than once")
	}
	return q.values.Get(name)
}

// Word returns a parameter that is one of some words, the first of which is the default.
func (q *Query) Word(name string, words ...string) string {
	v := q.Text(name)
	if v == "" {
		return words[0]
	}
	if !slices.Contains(words, v) {
		q.Wrong(name, "must be one of "+strings.Join(words, ", "))
	}
	return v
}

// Number returns a parameter that is a whole number from least to most.
func (q *Query) Number(name string, otherwise, least, most int) int {
	v := q.Text(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		q.Wrong(name, fmt.Sprintf("must be a whole number from %d to %d", least, most))
	}
	return n
}

// ID returns a parameter that is the id of a connection, 0 if it is absent.
func (q *Query) ID(name string) uint64 {
	v := q.Text(name)
	id, err := strconv.ParseUint(v, 10, 64)
	if v != "" && err != nil {
		q.Wrong(name, "must be the id of a connection")
	}
	return id
}

// Room returns a parameter that is the name of a room, the zero Key if it is absent.
func (q *Query) Room(name string) roomkey.Key {
	v := q.Text(name)
	key, err := roomkey.Parse(v)
	if v != "" && err != nil {
		q.Wrong(name, "must be the name of a room, such as record:by-law-7")
	}
	return key
}

// Address returns a parameter that is an IP address, or a range of them.
func (q *Query) Address(name string) netip.Prefix {
	v := q.Text(name)
	if a, err := netip.ParseAddr(v); err == nil {
		return netip.PrefixFrom(a, a.BitLen())
	}
	p, err := netip.ParsePrefix(v)
	if v != "" && err != nil {
		q.Wrong(name, "must be an address such as 10.0.0.1, or a range such as 10.0.0.0/8")
	}
	return p.Masked()
}

// Number returns a number as people write it.
func Number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// known says which parameters there are.
func known(names []string) string {
	if len(names) == 0 {
		return "there are none here"
	}
	return "there are " + strings.Join(names, ", ")
}

// Err returns the problem with the parameters, nil if there is none.
func (q *Query) Err() error {
	for name := range q.values {
		if !slices.Contains(q.known, name) {
			q.Wrong(name, "is not known; "+known(q.known))
		}
	}
	if len(q.errs) == 0 {
		return nil
	}
	slices.SortFunc(q.errs, func(a, b api.FieldError) int {
		return strings.Compare(a.Field, b.Field)
	})
	return Invalid(q.errs...)
}

const (
	PageLimit    = 100  // entries of a page, unless a request asks for more or fewer
	MaxPageLimit = 1000 // entries of the longest page
)

// Converted returns the results of f for all values. It is never nil, which would be null in JSON.
func Converted[A, B any](values []A, f func(A) B) []B {
	results := make([]B, len(values))
	for i, v := range values {
		results[i] = f(v)
	}
	return results
}

// Cut returns the part of all that is on a page, and the offset of the next; 0 if there is none.
func Cut[T any](all []T, offset, limit int) (page []T, next int) {
	offset = min(offset, len(all))
	end := min(offset+limit, len(all))
	if end < len(all) {
		next = end
	}
	return all[offset:end], next
}
