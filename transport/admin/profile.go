package admin

import (
	"bytes"
	"context"
	"net/http"
	"runtime/pprof"
	"runtime/trace"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

const (
	recordSeconds    = 30  // default length of a recording
	maxRecordSeconds = 120 // longest recording
)

// profile answers with a profile for go tool pprof or, if its name is trace, for go tool trace. It
// does not use net/http/pprof, which registers handlers for all listeners of the process.
func (s *Server) profile(w http.ResponseWriter, r *http.Request) error {
	name, q := r.PathValue("name"), httpapi.NewQuery(r)
	record := map[string]func(context.Context, *bytes.Buffer) error{
		"cpu": recordCPU, "trace": recordTrace,
	}[name]
	p := pprof.Lookup(name)
	switch {
	case record == nil && p == nil:
		return httpapi.Problem(http.StatusNotFound, api.NotFound, "profiles are "+profileNames())
	case r.Method == http.MethodHead:
		w.Header().Set("Content-Type", httpapi.BinaryType)
		return nil
	case record == nil:
		if err := q.Err(); err != nil {
			return err
		}
		return writeProfile(w, name, func(b *bytes.Buffer) error { return p.WriteTo(b, 0) })
	}
	seconds := q.Number("seconds", recordSeconds, 1, maxRecordSeconds)
	if err := q.Err(); err != nil {
		return err
	}
	release, err := s.takeStream(w, time.Duration(seconds)*time.Second+httpapi.AnswerTime)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(seconds)*time.Second)
	defer cancel()
	return writeProfile(w, name, func(b *bytes.Buffer) error { return record(ctx, b) })
}

// profileNames lists the names of all profiles.
func profileNames() string {
	names := []string{"cpu", "trace"}
	for _, p := range pprof.Profiles() {
		names = append(names, p.Name())
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// writeProfile answers with the profile that record writes.
func writeProfile(w http.ResponseWriter, name string, record func(*bytes.Buffer) error) error {
	var b bytes.Buffer
	if err := record(&b); err != nil {
		// One is recorded already.
		return httpapi.Problem(http.StatusConflict, api.Conflict, err.Error())
	}
	w.Header().Set("Content-Type", httpapi.BinaryType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.pprof"`)
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = w.Write(b.Bytes()) // fails only if the client has gone
	return nil
}

// recordCPU records until ctx is done. A profile has some kilobytes a second.
func recordCPU(ctx context.Context, b *bytes.Buffer) error {
	if err := pprof.StartCPUProfile(b); err != nil {
		return err
	}
	<-ctx.Done()
	pprof.StopCPUProfile()
	return nil
}

// traceBytes is how long a trace may be; a busy server writes some megabytes a second.
const traceBytes = 64 << 20

// recordTrace records until ctx is done, or the trace is as long as it may be.
func recordTrace(ctx context.Context, b *bytes.Buffer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := trace.Start(&bounded{b: b, full: cancel}); err != nil {
		return err
	}
	<-ctx.Done()
	trace.Stop()
	return nil
}

// bounded is a buffer that drops what does not fit, and calls full then.
type bounded struct {
	b    *bytes.Buffer
	full func()
}

// Write implements io.Writer.
func (w *bounded) Write(p []byte) (int, error) {
	if w.b.Len()+len(p) > traceBytes {
		w.full()
		return len(p), nil
	}
	return w.b.Write(p)
}
