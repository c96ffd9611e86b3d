package app

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/civicpress/civic-realtime/engine"
)

// scalar is a single value of some form. parse reads it, and returns what it has to be
// where it is not.
type scalar interface {
	parse(text string) (wants string)
}

// count is a number above zero, or zero when the file does not have it.
type count int

func (n *count) parse(text string) string {
	v, err := strconv.Atoi(text)
	if err != nil || v <= 0 {
		return "a whole number above 0"
	}
	*n = count(v)
	return ""
}

// amount is a number that may be zero. Fields that may be left out are pointers to it.
type amount int

func (n *amount) parse(text string) string {
	v, err := strconv.Atoi(text)
	if err != nil || v < 0 {
		return "a whole number, 0 or above"
	}
	*n = amount(v)
	return ""
}

// port is the number of a TCP port; 0 is any that is free.
type port uint16

func (p *port) parse(text string) string {
	v, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "a port, a whole number from 0 to 65535"
	}
	*p = port(v)
	return ""
}

// toggle is true or false. CivicPress takes either as a string, too.
type toggle bool

func (t *toggle) parse(text string) string {
	switch strings.ToLower(text) {
	case "true":
		*t = true
	case "false":
		*t = false
	default:
		return "true or false"
	}
	return ""
}

// Duration is a time above zero, or zero when the file does not have it.
type Duration time.Duration

func (d *Duration) parse(text string) string {
	v, err := time.ParseDuration(text)
	if err != nil || v <= 0 {
		return "a time above 0 with its unit, such as 100ms or 30s"
	}
	*d = Duration(v)
	return ""
}

// UnmarshalText implements encoding.TextUnmarshaler, for flags.
func (d *Duration) UnmarshalText(text []byte) error {
	if wants := d.parse(string(text)); wants != "" {
		return fmt.Errorf("%q is not %s", text, wants)
	}
	return nil
}

// times is n units, or engine.Never where that would be longer.
func times(n int, unit time.Duration) time.Duration {
	return time.Duration(min(n, int(engine.Never/unit))) * unit
}

// leaf reads a value that has no keys of ours below it, and returns what it has to be
// where it is not.
func (r *fileReader) leaf(node ast.Node, into reflect.Value) (wants string) {
	switch v := into.Addr().Interface().(type) {
	case scalar:
		said, _ := r.text(node)
		return v.parse(said)
	case *string:
		return r.string(node, v)
	case *[]string:
		return r.strings(node, v)
	case *map[string]string:
		return r.stringMap(node, v)
	}
	panic(fmt.Sprintf("no form for %v", into.Type()))
}

// text is a scalar as it is written, and says whether node is one.
func (r *fileReader) text(node ast.Node) (string, bool) {
	switch n := r.resolved(node).(type) {
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.StringNode:
		return n.Value, true
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// described is what an error calls the value of a node.
func (r *fileReader) described(node ast.Node) string {
	if said, ok := r.text(node); ok {
		return strconv.Quote(said)
	}
	if _, ok := r.resolved(node).(ast.MapNode); ok {
		return "a section"
	}
	return "a list"
}

func (r *fileReader) string(node ast.Node, into *string) string {
	said, ok := r.text(node)
	if !ok {
		return "a text"
	}
	*into = said
	return ""
}

func (r *fileReader) strings(node ast.Node, into *[]string) string {
	const wants = "a list of texts"
	list, ok := r.resolved(node).(*ast.SequenceNode)
	if !ok {
		return wants
	}
	texts := make([]string, len(list.Values))
	for i, v := range list.Values {
		if r.string(v, &texts[i]) != "" {
			return fmt.Sprintf("%s, as number %d of it is %s", wants, i+1, r.described(v))
		}
	}
	*into = texts
	return ""
}

func (r *fileReader) stringMap(node ast.Node, into *map[string]string) string {
	const wants = "a map from text to text"
	list, ok := r.entries(node)
	if !ok {
		return wants
	}
	*into = make(map[string]string)
	for _, e := range list {
		var v string
		if r.string(e.value, &v) != "" {
			return wants
		}
		(*into)[e.name] = v
	}
	return ""
}
