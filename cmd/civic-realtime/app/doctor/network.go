package doctor

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"time"
)

// checkPort finds out whether the address to listen on is free, or the running server's.
func checkPort(ctx context.Context, s *Subject) []Finding {
	if s.Listen == "" {
		return nil
	}
	if strings.HasSuffix(s.Listen, ":0") {
		return []Finding{ok("any free port")}
	}
	l, err := net.Listen("tcp", s.Listen)
	switch {
	case err == nil && s.running():
		_ = l.Close()
		return []Finding{warn("restart the server if it is to listen there",
			"%s is free, though a server runs with this data directory: it listens elsewhere", s.Listen)}
	case err == nil:
		_ = l.Close()
		return []Finding{ok("%s is free", s.Listen)}
	case errors.Is(err, syscall.EADDRINUSE) && s.running():
		return []Finding{answers(ctx, s)}
	case errors.Is(err, syscall.EADDRINUSE):
		return []Finding{fail("end that program, or set host and port to another address", "another program listens on %s", s.Listen)}
	case errors.Is(err, syscall.EACCES):
		return []Finding{fail("use a port from 1024 on, or give the program the right to use this one", "%v", err)}
	}
	return []Finding{fail("correct host and port", "%v", err)}
}

// portTimeout is how long a server may take to accept a connection.
const portTimeout = 5 * time.Second

// answers connects to the running server.
func answers(ctx context.Context, s *Subject) Finding {
	d := net.Dialer{Timeout: portTimeout}
	c, err := d.DialContext(ctx, "tcp", s.Listen)
	if err != nil {
		return fail("see its log", "process %d runs, and does not answer: %v", s.RunningPID, err)
	}
	_ = c.Close()
	return ok("process %d accepts connections on %s", s.RunningPID, s.Listen)
}

// seen says whether the running server gets the addresses of clients from its proxies.
func seen(ctx context.Context, s *Subject) Finding {
	forwarded, connections, err := s.Forwarded(ctx)
	switch {
	case err != nil:
		return warn("see the log of the server", "its connections cannot be listed: %v", err)
	case connections == 0:
		return ok("%d trusted proxies; nobody is connected now", s.Proxies)
	case forwarded == 0:
		return warn("have the proxy send X-Forwarded-For, and list its address in trusted_proxies",
			"none of %d connections came through a trusted proxy with X-Forwarded-For", connections)
	}
	return ok("%d of %d connections came through a trusted proxy with X-Forwarded-For",
		forwarded, connections)
}

// checkProxy says whether clients can be told apart.
func checkProxy(ctx context.Context, s *Subject) []Finding {
	switch {
	case s.Listen == "":
		return nil
	case s.Proxies > 0 && s.running() && s.Forwarded != nil:
		return []Finding{seen(ctx, s)}
	case s.Loopback && s.Proxies == 0:
		return []Finding{warn("set trusted_proxies: ['127.0.0.1', '::1'], and have the proxy send X-Forwarded-For",
			"only programs on this machine can connect, such as a proxy, and none is trusted: no limit by address applies to its clients")}
	case s.Proxies == 0:
		return []Finding{ok("clients are counted by their own addresses; if there is a proxy on another machine, list it in trusted_proxies")}
	}
	return []Finding{ok("X-Forwarded-For of %d trusted proxies counts", s.Proxies)}
}
