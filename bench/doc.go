// Package bench has the headline figures as Go benchmarks, which need nothing but Go:
//
//	go test -run '^$' -bench . -benchmem ./bench
//
// They measure an update applied, a join to a long document, an update fanned out to one of 200
// receivers, a commit to the disk, and a snapshot. The folders in this one compare these, and
// more, with other implementations, which needs Node: make bench-document, make bench-wire.
package bench
