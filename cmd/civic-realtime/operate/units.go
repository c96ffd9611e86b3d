package operate

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// size returns a number of bytes for people, such as "1.5 MiB".
func size[N int | uint64](bytes N) string {
	const units = "KMGTPE"
	if bytes < 1024 {
		return fmt.Sprintf("%d B", bytes)
	}
	n, unit := float64(bytes)/1024, 0
	for ; n >= 1023.95 && unit < len(units)-1; unit++ {
		n /= 1024
	}
	return fmt.Sprintf("%.1f %ciB", n, units[unit])
}

// age returns a time span for people, in its two largest units, such as "3d 4h".
func age(d time.Duration) string {
	d = max(0, d)
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm %02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh %02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd %02dh", d/day, d%day/time.Hour)
}

// seconds returns the time span of a number of seconds.
func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// rate returns a number per second for people: "-" for none, and never more than four digits if
// that is enough.
func rate(perSecond float64) string {
	switch {
	case perSecond < 0.005:
		return "-"
	case perSecond < 10:
		return fmt.Sprintf("%.2f/s", perSecond)
	}
	return fmt.Sprintf("%.0f/s", perSecond)
}

// count returns a number with the word for one or for several.
func count(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}

// since returns how long ago a time was, or in how long it is; "-" if it is nil.
func since(t *time.Time, now time.Time) string {
	switch {
	case t == nil:
		return "-"
	case t.After(now):
		return "in " + age(t.Sub(now))
	}
	return age(now.Sub(*t)) + " ago"
}

// at returns a time for people, to the second.
func at(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// clean returns a text without characters that a terminal would take for commands, as names and
// reasons come from clients.
func clean(text string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsGraphic(c) {
			return '�'
		}
		return c
	}, text)
}

// orDash returns a text that may be empty, cleaned.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return clean(text)
}
