// Package memory keeps the process within its memory: it finds the limit, measures how much of it
// is used, and asks the engine for relief before the limit is reached, where the kernel would kill
// the process.
//
// # What counts
//
// With a control group, of either version, everything that the kernel charges to it counts, and
// that it cannot take back: the memory of its processes, and that of their sockets, page tables
// and other objects of the kernel. Pages of files do not count, as the kernel drops them when it
// needs memory: the database is mapped into memory, and would seem to fill it. Limits of the
// groups around count, too; the lowest is taken.
//
// Without a control group, but with a limit in the configuration, it is the memory of the process
// without that of files, and that of all TCP sockets of the network namespace.
//
// # Garbage
//
// What Go has not collected yet counts, too. So before a threshold counts as reached garbage is
// collected, and returned to the system, at most every ten seconds. Until then Go's own limit
// (GOMEMLIMIT) is the lower threshold: a fifth of the memory is left for what Go does not know of,
// sockets above all. A connection's socket has up to some hundred kilobytes in the kernel while its
// client reads slowly.
//
// Files, in layers; each uses only what is listed before it:
//
//	size.go                  sizes in the configuration
//	cgroup.go process.go     the limit and the use of control groups; the use without one
//	meter.go                 the limit and the use of the process
//	watcher.go               thresholds, and what is done at them
package memory
