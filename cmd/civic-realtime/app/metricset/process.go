package metricset

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/VictoriaMetrics/metrics"
)

// Process is the Part with the metrics of the Go runtime and the process. ProcessHelp describes
// them.
type Process struct{}

// WriteMetrics implements Part.
func (Process) WriteMetrics(w io.Writer) {
	var written bytes.Buffer
	metrics.WriteProcessMetrics(&written)
	writeFiles(&written)
	_, _ = renamed.WriteString(w, written.String()) // fails only if w does
}

// writeFiles writes how many files are open, and may be. Linux says the first as the size of a
// folder, from 6.2 on; else all files are listed, which takes a millisecond for each thousand.
func writeFiles(w io.Writer) {
	info, err := os.Stat("/proc/self/fd")
	limits, _ := os.ReadFile("/proc/self/limits")
	limit := filesLimit.FindSubmatch(limits)
	if err != nil || info.Size() == 0 || limit == nil {
		metrics.WriteFDMetrics(w)
		return
	}
	fmt.Fprintf(w, "process_max_fds %s\nprocess_open_fds %d\n", limit[1], info.Size())
}

// filesLimit finds the soft limit on open files, if there is one.
var filesLimit = regexp.MustCompile(`(?m)^Max open files\s+(\d+)`)

// renamed replaces names that end as only counters, histograms and summaries may.
var renamed = strings.NewReplacer(
	"go_cgo_calls_count ", "go_cgo_calls_total ",
	"go_gc_forced_count ", "go_gc_forced_total ",
	"go_cpu_count ", "go_cpus ",
)

// ProcessHelp describes the metrics of Process. Not all exist on every system.
const ProcessHelp = `
go_cgo_calls_total counter Calls from Go to C.
go_cgo_calls_count deprecated go_cgo_calls_total
go_cpus gauge Processors of the machine.
go_cpu_count deprecated go_cpus
go_gc_cpu_seconds_total counter Processor time of garbage collections, as the runtime estimates it.
go_gc_duration_seconds summary Pauses of the last 256 garbage collections.
go_gc_forced_total counter Garbage collections that the program asked for.
go_gc_forced_count deprecated go_gc_forced_total
go_gc_mark_assist_cpu_seconds_total counter Processor time that goroutines spent to help garbage collections.
go_gc_pauses_seconds histogram Pauses for garbage collections.
go_gomaxprocs gauge Processors that goroutines may use at the same time.
go_goroutines gauge Goroutines.
go_info gauge 1, with the version of Go.
go_info_ext gauge 1, with the compiler and the system that the program was built for.
go_memlimit_bytes gauge Memory limit of the Go runtime (GOMEMLIMIT).
go_memstats_alloc_bytes gauge Memory of objects on the heap, as go_memstats_heap_alloc_bytes.
go_memstats_alloc_bytes_total counter Memory of all objects that were allocated, freed ones too.
go_memstats_buck_hash_sys_bytes gauge Memory of tables for profiles.
go_memstats_frees_total counter Objects that were freed.
go_memstats_gc_cpu_fraction gauge Part of the processor time since the start that garbage collections took, 0 to 1.
go_memstats_gc_sys_bytes gauge Memory of data for garbage collections.
go_memstats_heap_alloc_bytes gauge Memory of objects on the heap, reachable or not yet freed.
go_memstats_heap_idle_bytes gauge Heap memory that holds no object.
go_memstats_heap_inuse_bytes gauge Heap memory that holds objects.
go_memstats_heap_objects gauge Objects on the heap.
go_memstats_heap_released_bytes gauge Heap memory that was given back to the system.
go_memstats_heap_sys_bytes gauge Address space that was reserved for the heap.
go_memstats_last_gc_time_seconds gauge Time at which the last garbage collection ended, in Unix time.
go_memstats_lookups_total counter Always 0.
go_memstats_mallocs_total counter Objects that were allocated.
go_memstats_mcache_inuse_bytes gauge Memory of caches of the allocator, in use.
go_memstats_mcache_sys_bytes gauge Memory of caches of the allocator, in all.
go_memstats_mspan_inuse_bytes gauge Memory of span structures of the allocator, in use.
go_memstats_mspan_sys_bytes gauge Memory of span structures of the allocator, in all.
go_memstats_next_gc_bytes gauge Size of the heap at which the next garbage collection ends.
go_memstats_other_sys_bytes gauge Other memory of the runtime, outside of the heap.
go_memstats_stack_inuse_bytes gauge Memory of the stacks of goroutines.
go_memstats_stack_sys_bytes gauge Memory of all stacks, those of threads too.
go_memstats_sys_bytes gauge Address space that the runtime has from the system.
go_mutex_wait_seconds_total counter Time that goroutines waited for locks.
go_sched_latencies_seconds histogram Time that goroutines which could run waited for a processor.
go_scavenge_cpu_seconds_total counter Processor time for giving memory back to the system.
go_threads gauge Threads that were started.
process_cpu_seconds_system_total counter Processor time in the kernel.
process_cpu_seconds_total counter Processor time.
process_cpu_seconds_user_total counter Processor time outside of the kernel.
process_io_read_bytes_total counter Bytes that were read from files and sockets.
process_io_read_syscalls_total counter System calls that read.
process_io_storage_read_bytes_total counter Bytes that were read from disks.
process_io_storage_written_bytes_total counter Bytes that were written to disks.
process_io_write_syscalls_total counter System calls that wrote.
process_io_written_bytes_total counter Bytes that were written to files and sockets.
process_major_pagefaults_total counter Page faults that needed a disk.
process_max_fds gauge Limit on open files and sockets.
process_minor_pagefaults_total counter Page faults that needed no disk.
process_num_threads gauge Threads.
process_open_fds gauge Open files and sockets.
process_pressure_cpu_stalled_seconds_total counter Time in which all tasks of the cgroup waited for a processor.
process_pressure_cpu_waiting_seconds_total counter Time in which some task of the cgroup waited for a processor.
process_pressure_io_stalled_seconds_total counter Time in which all tasks of the cgroup waited for a disk.
process_pressure_io_waiting_seconds_total counter Time in which some task of the cgroup waited for a disk.
process_pressure_memory_stalled_seconds_total counter Time in which all tasks of the cgroup waited for memory.
process_pressure_memory_waiting_seconds_total counter Time in which some task of the cgroup waited for memory.
process_resident_memory_anon_bytes gauge Resident memory that is backed by no file.
process_resident_memory_bytes gauge Resident memory.
process_resident_memory_file_bytes gauge Resident memory that is backed by files.
process_resident_memory_peak_bytes gauge Largest resident memory since the start.
process_resident_memory_shared_bytes gauge Resident memory that is shared.
process_start_time_seconds gauge Time at which the process started, in Unix time.
process_virtual_memory_bytes gauge Address space.
process_virtual_memory_peak_bytes gauge Largest address space since the start.
`
