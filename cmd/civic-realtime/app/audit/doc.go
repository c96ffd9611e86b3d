// Package audit writes the audit trail: a file with one line of JSON for each sign-in that was
// refused, each change of a right, and each act of an administrator (Line). docs/audit.md lists the
// kinds of lines and their fields.
//
//	trail, err := audit.Open("/var/log/civic-realtime/audit.log", log)
//	trail.Add(audit.Line{Kind: audit.Lock, By: "user:u1", Room: "record:by-law-7"})
//	trail.Reopen() // after the file was renamed
//	trail.Close()
//
// Add never waits. Lines go through a queue to a goroutine that lives from Open to Close. Lines
// that do not fit into the queue, or cannot be written, are counted; a line of the kind Lost says
// how many there were, as soon as it can be written. Lines that clients can cause at will, such as
// refused sign-ins, are sampled, so that a flood of them does not fill the disk (sampler). The file
// is synced within a second of a line.
//
// No line has a token or text of a record.
//
// Files, in layers; each uses only what is listed before it:
//
//	metrichelp.go        what the metrics mean
//	line.go sampler.go   lines, and which of them are written
//	file.go              the file
//	trail.go             the queue and its goroutine
//	events.go            lines about events
//	append.go            a line of a program that has no Trail
package audit
