package audit

import (
	"encoding/json"
	"time"
)

// Kind says what a line is about.
type Kind string

// The kinds of lines. docs/audit.md describes them.
const (
	Start         Kind = "start"
	Stop          Kind = "stop"
	Lost          Kind = "lost"
	SignInRefused Kind = "sign_in_refused"
	AccessChanged Kind = "access_changed"
	SessionEnded  Kind = "session_ended"
	Kick          Kind = "kick"
	Disconnect    Kind = "disconnect"
	Ban           Kind = "ban"
	Unban         Kind = "unban"
	Lock          Kind = "lock"
	Unlock        Kind = "unlock"
	Notice        Kind = "notice"
	Denied        Kind = "denied"
	Suspicious    Kind = "suspicious"
	AdminCall     Kind = "admin_call"
	ProgramCall   Kind = "program_call"
	Reload        Kind = "reload"
	Drain         Kind = "drain"
	Backup        Kind = "backup"
	Restore       Kind = "restore"
	Import        Kind = "import"
	Repair        Kind = "repair"
	Version       Kind = "version"
	Delete        Kind = "delete"
	Undelete      Kind = "undelete"
)

// Kinds are all kinds, in the order of docs/audit.md.
var Kinds = []Kind{
	Start, Stop, Lost, SignInRefused, AccessChanged, SessionEnded, Kick, Disconnect, Ban, Unban,
	Lock, Unlock, Notice, Denied, Suspicious, AdminCall, ProgramCall, Reload, Drain, Backup,
	Restore, Import, Repair, Version, Delete, Undelete,
}

// Line is a line of the trail. Fields that are zero are left out. No field may hold a token or text
// of a record.
type Line struct {
	Time        time.Time  `json:"time"` // set by Trail.Add
	Kind        Kind       `json:"kind"`
	By          string     `json:"by,omitempty"`          // who did it; docs/audit.md has the forms
	Address     string     `json:"address,omitempty"`     // of the client that caused it
	Room        string     `json:"room,omitempty"`        // roomkey.Key.String
	User        string     `json:"user,omitempty"`        // id of the user whom it is about
	Code        int        `json:"code,omitempty"`        // close code
	Reason      string     `json:"reason,omitempty"`      // as the client was told
	Until       *time.Time `json:"until,omitempty"`       // end of a ban
	Pattern     string     `json:"pattern,omitempty"`     // of Suspicious
	Method      string     `json:"method,omitempty"`      // of AdminCall and ProgramCall
	Route       string     `json:"route,omitempty"`       // of AdminCall and ProgramCall, without query
	Status      int        `json:"status,omitempty"`      // HTTP status of AdminCall and ProgramCall
	Keys        []string   `json:"keys,omitempty"`        // of the configuration that were changed
	File        string     `json:"file,omitempty"`        // of Backup, Restore and Import
	Version     string     `json:"version,omitempty"`     // of the program, or of a record
	OK          *bool      `json:"ok,omitempty"`          // false: it was tried, and failed
	Connections int        `json:"connections,omitempty"` // of Kick and Notice: how many it was for

	Times int `json:"times,omitempty"` // how many such events the line stands for, if several
}

// encode returns the line with its line feed.
func (l *Line) encode() []byte {
	b, err := json.Marshal(l)
	if err != nil { // cannot be: no field has a type that fails
		b = []byte(`{"kind":"lost","times":1}`)
	}
	return append(b, '\n')
}
