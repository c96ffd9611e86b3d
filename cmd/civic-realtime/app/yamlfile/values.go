package yamlfile

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// scalar is a value that is not a section. Parse sets it, and returns "", or the form of a valid
// value if text is invalid.
type scalar interface {
	Parse(text string) (wants string)
}

// mapping is a scalar that may also be written as a map of texts.
type mapping interface {
	scalar
	ParseMap(m map[string]string) (wants string)
}

// Count is a number above zero, or zero if the file has none.
type Count int

func (n *Count) Parse(text string) string {
	v, err := strconv.Atoi(text)
	if err != nil || v <= 0 {
		return "a whole number above 0"
	}
	*n = Count(v)
	return ""
}

// Amount is a number that may be zero. Optional fields are pointers to it.
type Amount int

func (n *Amount) Parse(text string) string {
	v, err := strconv.Atoi(text)
	if err != nil || v < 0 {
		return "a whole number, 0 or above"
	}
	*n = Amount(v)
	return ""
}

// Port is the number of a TCP port; 0 stands for any free port.
type Port uint16

func (p *Port) Parse(text string) string {
	v, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "a port, a whole number from 0 to 65535"
	}
	*p = Port(v)
	return ""
}

// Toggle is true or false. CivicPress also accepts these as strings.
type Toggle bool

func (t *Toggle) Parse(text string) string {
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

// Duration is a time above zero, or zero if the file has none.
type Duration time.Duration

func (d *Duration) Parse(text string) string {
	v, err := time.ParseDuration(text)
	if err != nil || v <= 0 {
		return "a time above 0 with its unit, such as 100ms or 30s"
	}
	*d = Duration(v)
	return ""
}

// UnmarshalText implements encoding.TextUnmarshaler, for flags.
func (d *Duration) UnmarshalText(text []byte) error {
	if wants := d.Parse(string(text)); wants != "" {
		return fmt.Errorf("%q is not %s", text, wants)
	}
	return nil
}

// Delay is a time that may be zero. Optional fields are pointers to it.
type Delay time.Duration

func (d *Delay) Parse(text string) string {
	v, err := time.ParseDuration(text)
	if err != nil || v < 0 {
		return "a time with its unit, such as 100ms or 30s, or 0s"
	}
	*d = Delay(v)
	return ""
}
