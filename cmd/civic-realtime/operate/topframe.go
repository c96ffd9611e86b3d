package operate

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// view is what top shows.
type view struct {
	now    time.Time
	status api.Status
	rooms  []api.Room
	sort   string // name, bytes, peers, rate
	fault  string // why the rest is old; empty: it is not
}

const (
	minColumns = 20 // of a terminal in which a table can be read
	reverse    = "\x1b[7m"
	plain      = "\x1b[0m"
)

// frame returns the lines of the screen: at most rows, each of at most columns characters besides
// the sequences that reverse a line.
func frame(v view, columns, rows int) []string {
	columns = max(columns, minColumns)
	lines := head(v)
	for i, line := range lines {
		lines[i] = fit(line, columns)
	}
	lines = append(lines, reverse+pad(roomHead.line(columns), columns)+plain)
	for _, r := range v.rooms {
		lines = append(lines, roomCells(r).line(columns))
	}
	foot := fit(footer(v), columns)
	if len(lines) > rows-1 {
		lines = lines[:max(0, rows-1)]
	}
	for len(lines) < rows-1 {
		lines = append(lines, "")
	}
	return append(lines, foot)
}

// head returns the lines about the server.
func head(v view) []string {
	st := v.status
	ready := "ready"
	switch {
	case v.fault != "":
		ready = "no answer: these are the last values"
	case !st.Ready:
		ready = "not ready: " + clean(st.Reason)
	}
	first := fmt.Sprintf("civic-realtime %s, up %s, %s",
		clean(st.Version), age(seconds(st.UptimeSeconds)), ready)
	if len(st.Nodes) > 0 {
		first += fmt.Sprintf(", node %s of %d", clean(st.Node), len(st.Nodes)+len(st.Silent))
	}
	if st.Partial {
		first += ", no answer from " + clean(strings.Join(st.Silent, ", "))
	}
	return []string{
		first,
		fmt.Sprintf("people %d   rooms %d, %d with people, %d locked, %d failing",
			st.Peers, st.Rooms, st.OccupiedRooms, st.LockedRooms, st.FailingRooms),
		fmt.Sprintf("updates %s, %d waiting   documents %s in %s   memory %s",
			rate(st.UpdatesPerSecond), st.UnstoredUpdates, size(st.DocumentBytes),
			size(st.HeldBytes), size(st.MemoryBytes)),
		"",
	}
}

// footer returns the last line: the keys, or why the rest is old.
func footer(v view) string {
	if v.fault != "" {
		return clean(v.fault)
	}
	by := map[string]string{
		"name": "name", "bytes": "size", "peers": "people", "rate": "updates",
	}[v.sort]
	return fmt.Sprintf("q quit   sorted by %s: n name, s size, p people, u updates   %s UTC",
		by, v.now.UTC().Format("15:04:05"))
}

// roomRow has the cells of a row of the table of rooms. The name has the width that is left.
type roomRow struct{ name, state, peers, size, rate, remarks string }

var roomHead = roomRow{"ROOM", "STATE", "CLIENTS", "SIZE", "UPDATES", "REMARKS"}

func roomCells(r api.Room) roomRow {
	return roomRow{
		clean(r.Name), r.State, strconv.Itoa(r.Peers), size(r.DocumentBytes),
		rate(r.UpdatesPerSecond), remarks(r),
	}
}

// line returns the row in so many columns. Remarks have 14, in a narrow terminal none.
func (r roomRow) line(columns int) string {
	rest := fmt.Sprintf(" %-10s %7s %10s %8s", r.state, r.peers, r.size, r.rate)
	width := columns - utf8.RuneCountInString(rest)
	if width >= 30 {
		const remarksWidth = 14
		rest += "  " + fit(r.remarks, remarksWidth)
		width -= 2 + remarksWidth
	}
	if width < 8 { // so narrow that only the name is shown
		return fit(r.name, columns)
	}
	return fit(pad(fit(r.name, width), width)+rest, columns)
}

// fit returns as much of a line as fits into so many columns, and "…" at the end of what does not.
func fit(line string, columns int) string {
	if utf8.RuneCountInString(line) <= columns {
		return line
	}
	runes := []rune(line)
	return string(runes[:max(0, columns-1)]) + "…"
}

// pad returns a line with spaces up to so many columns.
func pad(line string, columns int) string {
	return line + strings.Repeat(" ", max(0, columns-utf8.RuneCountInString(line)))
}
