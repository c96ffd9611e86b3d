// Package metricset writes the metrics of all parts of the process as one text in the Prometheus
// format: sorted, with the type and the meaning of each metric, and each metric once.
//
// A part writes its metrics in that format too, without types and meanings. It describes them in a
// text of its own with one line for each metric:
//
//	realtime_rooms gauge Rooms in memory.
//	realtime_sealed_rooms deprecated realtime_compressed_rooms
//
// The second line is an earlier name, under which the metric is written as well for one release.
//
// Files, in layers; each uses only what is listed before it:
//
//	description.go  what a metric is
//	set.go          the metrics of all parts
//	process.go      the metrics of the Go runtime and the process
package metricset
