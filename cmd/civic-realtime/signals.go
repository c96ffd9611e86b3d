package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// untilSignal returns a context that is done after the first SIGINT or SIGTERM. A second
// one ends the process. SIGHUP, of a terminal that is closed, and SIGPIPE, of a reader of the
// output that goes away, do not: the process would end without a drain, and a supervisor would
// take it for a stop that was asked for.
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
