package memory

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a size in the configuration: of bytes, or a part of the memory that there is. The zero
// value is none.
type Size struct {
	Bytes   int64
	Percent float64
}

// units are the units of sizes, the longest first.
var units = []struct {
	name  string
	bytes int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"B", 1}, {"", 1},
}

// ParseSize reads a size such as 512MiB, 2G or 75%.
func ParseSize(text string) (s Size, err error) {
	text = strings.TrimSpace(text)
	if part, ok := strings.CutSuffix(text, "%"); ok {
		s.Percent, err = strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !(s.Percent > 0 && s.Percent <= 100) {
			return Size{}, fmt.Errorf("%q is not a percentage above 0%% and up to 100%%", text)
		}
		return s, nil
	}
	for _, unit := range units {
		number, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if bytes := n * float64(unit.bytes); err == nil && bytes >= 1 && bytes < math.MaxInt64/2 {
			return Size{Bytes: int64(bytes)}, nil
		}
		break
	}
	return Size{}, fmt.Errorf("%q is not a size such as 512MiB, 2GiB or 75%%", text)
}

// Of returns the size in bytes, where all is the memory that there is; 0 if that is not known and
// the size is a part of it.
func (s Size) Of(all int64) int64 {
	if s.Percent > 0 {
		return int64(float64(all) * s.Percent / 100)
	}
	return s.Bytes
}
