// Package bench has the headline figures as Go benchmarks, which need nothing but Go:
//
//	go test -run '^$' -bench . -benchmem ./bench
//
// One figure each: an update applied, a join to a long document, an update fanned out to
// one of 200 receivers, a commit to the disk, a snapshot. Its folders hold the same and
// more beside other implementations, which takes Node: make bench-document, make bench-wire.
package bench
