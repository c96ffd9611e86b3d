package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// untilSignal returns a context that is done after the first SIGINT or SIGTERM. A second one ends
// the process at once. SIGHUP, sent when a terminal is closed, and SIGPIPE, sent when the reader of
// the output is gone, end nothing: the process would end without a drain, and a supervisor would
// take that for a requested stop.
func untilSignal(log *slog.Logger) context.Context {
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
			log.Warn("SIGHUP: nothing is read again; SIGTERM ends the server, and a restart reads the configuration")
		}
	}()
	return ctx
}
