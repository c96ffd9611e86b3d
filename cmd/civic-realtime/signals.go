package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
)

// untilSignal returns a context that is done after the first SIGINT or SIGTERM. A second one ends
// the process at once. After SIGHUP, which is also sent when a terminal is closed, it calls reload,
// after SIGUSR1 reopen.
// SIGPIPE, sent when the reader of the output is gone, ends nothing: the process would end without
// a drain, and a supervisor would take that for a requested stop.
func untilSignal(reload, reopen func()) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	ends, stays := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Ignore(syscall.SIGPIPE)
	ignoreFileLimit()
	signal.Notify(stays, syscall.SIGHUP, syscall.SIGUSR1)
	signal.Notify(ends, os.Interrupt, syscall.SIGTERM)
	go func() {
		by := app.Actor("signal:SIGTERM")
		if <-ends == os.Interrupt {
			by = "signal:SIGINT"
		}
		signal.Stop(ends)
		cancel(by)
	}()
	go func() {
		for s := range stays {
			if s == syscall.SIGUSR1 {
				reopen()
			} else {
				reload()
			}
		}
	}()
	return ctx
}
