package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilSignal returns a context that is done after the first SIGINT or SIGTERM. A second one ends
// the process at once. After SIGHUP, which is also sent when a terminal is closed, it calls reload.
// SIGPIPE, sent when the reader of the output is gone, ends nothing: the process would end without
// a drain, and a supervisor would take that for a requested stop.
func untilSignal(reload func()) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	ends, stays := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Ignore(syscall.SIGPIPE)
	ignoreFileLimit()
	signal.Notify(stays, syscall.SIGHUP)
	signal.Notify(ends, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ends
		signal.Stop(ends)
		cancel()
	}()
	go func() {
		for range stays {
			reload()
		}
	}()
	return ctx
}
