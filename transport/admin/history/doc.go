// Package history samples what a server counts: every ten seconds for the last hour (Recorder), and
// every two seconds while somebody watches (Live). A sample is the difference of two readings of
// Totals. Its cost does not depend on the number of those who watch.
//
// Servers that share rooms take the samples of the hour at the same moments, so that they can be
// added up. While nobody watches, other servers are not asked.
//
// Files, in layers; each uses only what is listed before it:
//
//	totals.go    what a server has counted
//	sample.go    samples of totals; sums of samples
//	recorder.go  the last hour
//	live.go      samples for those who watch
package history
