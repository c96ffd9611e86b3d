// Package doctor checks whether a server can run well: its configuration, the API that it asks, its
// secrets and certificates, its store and disk, and the limits of the machine. It changes nothing
// but for a file that it writes to the data directory and removes, and works beside a running
// server.
//
// A check is a function of a Subject that returns findings; checks lists all of them. A check that
// has nothing to look at returns none.
//
// Files, in layers; each uses only what is listed before it:
//
//	finding.go subject.go                   findings; what is checked
//	statfs_linux.go statfs_other.go limits_unix.go limits_other.go  the system
//	api.go certificate.go cluster.go disk.go hooks.go machine.go network.go settings.go
//	webhooks.go                             the checks
//	run.go                                  all checks, and the output
package doctor
