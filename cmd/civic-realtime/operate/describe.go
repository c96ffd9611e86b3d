package operate

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// facts are lines with a name and a value.
type facts struct{ table }

func newFacts() *facts { return &facts{table{heads: []string{"", ""}}} }

// add adds a line, unless the value is empty.
func (f *facts) add(name, value string) {
	if value != "" {
		f.table.add(name, value)
	}
}

// String returns the lines, without the titles, which are empty.
func (f *facts) String() string { return strings.Join(f.lines()[1:], "\n") + "\n" }

func statusText(st api.Status) string {
	f := newFacts()
	ready := "yes"
	if !st.Ready {
		ready = "no: " + clean(st.Reason)
	}
	f.add("node", st.Node)
	f.add("version", strings.TrimSpace(st.Version+" "+st.Commit))
	f.add("ready", ready)
	f.add("running", fmt.Sprintf("for %s, as process %d", age(seconds(st.UptimeSeconds)), st.PID))
	f.add("rooms", fmt.Sprintf("%d loaded, %d with people, %d locked, %d failing",
		st.Rooms, st.OccupiedRooms, st.LockedRooms, st.FailingRooms))
	f.add("people", fmt.Sprintf("%d clients in rooms", st.Peers))
	f.add("documents", fmt.Sprintf("%s, held in %s", size(st.DocumentBytes), size(st.HeldBytes)))
	f.add("updates", fmt.Sprintf("%s, %d not durable yet", rate(st.UpdatesPerSecond), st.UnstoredUpdates))
	f.add("memory", fmt.Sprintf("%s of objects, %s from the system", size(st.HeapBytes), size(st.MemoryBytes)))
	return f.String() + statusesText(st.Nodes) + silent(st.Silence)
}

// roomsTable returns the table of rooms.
func roomsTable(rooms []api.Room) *table {
	t := &table{heads: []string{
		"ROOM", "STATE", ">CLIENTS", ">SIZE", ">UPDATES", ">VERSION", "NODE", "REMARKS",
	}}
	for _, r := range rooms {
		t.add(clean(r.Name), r.State, strconv.Itoa(r.Peers), size(r.DocumentBytes),
			rate(r.UpdatesPerSecond), strconv.FormatUint(r.Version, 10), clean(r.Node), remarks(r))
	}
	return t.withoutEmpty("NODE")
}

// remarks returns what is unusual about a room.
func remarks(r api.Room) string {
	var list []string
	if r.Locked {
		list = append(list, "locked")
	}
	for _, what := range r.Failing {
		list = append(list, what+" fails")
	}
	if r.UnstoredUpdates > 0 && len(r.Failing) > 0 {
		list = append(list, fmt.Sprintf("%d updates wait", r.UnstoredUpdates))
	}
	return strings.Join(list, ", ")
}

// more says how many entries of a list are not printed.
func more(printed, total int) string {
	if printed >= total {
		return ""
	}
	return fmt.Sprintf("%d of %d; --limit 0 prints all\n", printed, total)
}

func roomText(d api.RoomDetail, now time.Time) string {
	f := newFacts()
	f.add("room", clean(d.Name))
	f.add("node", clean(d.Node))
	f.add("state", strings.Join(append([]string{d.State}, split(remarks(d.Room))...), ", "))
	if d.Partial {
		f.add("", "the room is busy: what follows is not all")
	}
	f.add("document", fmt.Sprintf("%s, held in %s, version %d, %s",
		size(d.DocumentBytes), size(d.HeldBytes), d.Version, rate(d.UpdatesPerSecond)))
	f.add("waits", fmt.Sprintf("%d updates to be durable, %d for a snapshot, %s for missing updates",
		d.UnstoredUpdates, d.UnsavedUpdates, size(d.PendingBytes)))
	f.add("snapshot", fmt.Sprintf("of version %d, %s; next %s",
		d.SnapshotVersion, since(d.SnapshotAt, now), since(d.SnapshotDueAt, now)))
	if d.Kind == "record" {
		f.add("draft", fmt.Sprintf("%s; next %s", since(d.DraftAt, now), since(d.DraftDueAt, now)))
	}
	if d.EmptiedAt != nil {
		f.add("empty", since(d.EmptiedAt, now))
	}
	f.add("refused", clean(d.CommitRefused))
	f.add("damage", clean(d.Damage))
	f.add("versions", versionsText(d.Versions))
	return f.String() + peopleText(d, now)
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}

// versionsText sums up the versions that are kept.
func versionsText(versions []api.Version) string {
	if len(versions) == 0 {
		return "none kept"
	}
	first, last := versions[0], versions[len(versions)-1]
	return fmt.Sprintf("%d kept, %d of %s to %d of %s",
		len(versions), first.ID, at(first.SavedAt), last.ID, at(last.SavedAt))
}

// peopleText returns the table of clients, each with its connection.
func peopleText(d api.RoomDetail, now time.Time) string {
	if len(d.Clients) == 0 {
		return ""
	}
	connections := map[uint64]api.Connection{}
	for _, c := range d.Connections {
		connections[c.ID] = c
	}
	t := &table{heads: []string{
		"USER", "NAME", "PROTOCOL", ">CONNECTION", "ADDRESS", ">AGE", ">RECEIVED", ">SENT", ">QUEUE",
		"REMARKS",
	}}
	for _, p := range d.Clients {
		c := connections[p.Connection]
		t.add(orDash(cmp.Or(p.Presence, p.User)), orDash(p.Name), p.Protocol,
			strconv.FormatUint(p.Connection, 10), orDash(c.Address), age(seconds(c.AgeSeconds)),
			rateOf(c.ReceivedBytesPerSecond), rateOf(c.SentBytesPerSecond), size(p.QueuedBytes),
			peerRemarks(p, c))
	}
	return "\n" + t.String()
}

// peerRemarks returns what is unusual about a client.
func peerRemarks(p api.Peer, c api.Connection) string {
	var list []string
	for _, r := range []struct {
		is   bool
		text string
	}{
		{p.ReadOnly, "may only view"},
		{p.Refused != "", "refused: " + clean(p.Refused)},
		{p.Missing, "updates are missing"},
		{c.Throttled, "throttled"},
		{c.From != "", "from node " + clean(c.From)},
		{c.To != "", "to node at " + clean(c.To)},
	} {
		if r.is {
			list = append(list, r.text)
		}
	}
	return strings.Join(list, ", ")
}

// rateOf returns bytes a second for people.
func rateOf(perSecond float64) string { return size(int(perSecond)) + "/s" }

// connectionsTable returns the table of connections.
func connectionsTable(connections []api.Connection) *table {
	t := &table{heads: []string{
		">ID", "STATE", "ROOM", "USER", "PROTOCOL", "ADDRESS", ">AGE", ">RECEIVED", ">SENT",
		">QUEUE", "NODE", "REMARKS",
	}}
	for _, c := range connections {
		t.add(strconv.FormatUint(c.ID, 10), c.State, orDash(c.Room), orDash(c.User),
			orDash(c.Protocol), orDash(c.Address), age(seconds(c.AgeSeconds)),
			size(c.ReceivedBytes), size(c.SentBytes), size(c.QueuedBytes), clean(c.Node),
			peerRemarks(api.Peer{}, c))
	}
	return t.withoutEmpty("NODE")
}

func locksTable(locks []api.Lock) *table {
	t := &table{heads: []string{"ROOM", "LOCKED BY", "AT"}}
	for _, l := range locks {
		t.add(clean(l.Room), orDash(l.By), at(l.At))
	}
	return t
}

func bansTable(bans []api.Ban) *table {
	t := &table{heads: []string{"USER", "FROM", "UNTIL", "BY", "AT", "REASON"}}
	for _, b := range bans {
		from := cmp.Or(clean(b.Room), "all rooms")
		t.add(clean(b.User), from, at(b.Until), orDash(b.By), at(b.At), orDash(b.Reason))
	}
	return t
}

// eventText returns an event as a line.
func eventText(e api.Event) string {
	parts := []string{e.Time.UTC().Format("2006-01-02 15:04:05.000"), fmt.Sprintf("%-12s", e.Kind)}
	add := func(name, value string) {
		if value != "" && value != "0" {
			parts = append(parts, name+"="+clean(value))
		}
	}
	add("node", e.Node)
	add("room", e.Room)
	add("user", e.User)
	add("address", e.Address)
	add("connection", strconv.FormatUint(e.Connection, 10))
	add("code", strconv.Itoa(e.Code))
	add("subject", e.Subject)
	add("by", e.By)
	add("count", strconv.Itoa(e.Count))
	if e.Until != nil {
		add("until", at(*e.Until))
	}
	if e.Reason != "" {
		add("reason", strconv.Quote(clean(e.Reason)))
	}
	return strings.TrimRight(strings.Join(parts, " "), " ") + "\n"
}
