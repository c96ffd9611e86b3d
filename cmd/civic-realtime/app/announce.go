package app

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
)

// announce writes the addresses of the server and of its data to w, for people or, with log.format
// json, for programs. Both forms contain "listening on http://", or "https://". api is nil if the
// admin API is off.
func announce(w io.Writer, c Config, at *net.TCPAddr, api *adminAPI, dir string) {
	listening := "listening on " + c.TLS.tls().scheme("http") + "://" + at.String()
	url := c.TLS.tls().scheme("ws") + "://" + reachable(at) + c.Path + "/records/<recordId>"
	if !c.enabled() {
		dir, url = "", "" // nothing is opened, and no client served
	}
	if c.Log.isJSON(w) {
		slog.New(slog.NewJSONHandler(w, nil)).Info(listening,
			slog.String("websocket", url), slog.String("admin", api.announced()),
			slog.String("playground", c.playground(at)),
			slog.String("data_dir", dir),
			slog.String("durability", c.Durability), slog.String("mode", c.mode()),
			slog.Any("switched_off", c.switchedOff()))
		return
	}
	fmt.Fprintf(w, "civic-realtime %s, %s\n", Version, c.mode())
	fmt.Fprintf(w, "  %s\n", listening)
	if page := c.playground(at); page != "" {
		fmt.Fprintf(w, "  try it at    %s\n", page)
	}
	if api != nil {
		fmt.Fprintf(w, "  operate at   %s%s\n", api.url(), api.signIn(c.Admin))
	}
	if off := c.switchedOff(); len(off) > 0 {
		fmt.Fprintf(w, "  switched off: %s\n", strings.Join(off, ", "))
	}
	if c.enabled() {
		fmt.Fprintf(w, "  connect to   %s\n", url)
		fmt.Fprintf(w, "  data is in   %s (durability: %s)\n", dir, c.Durability)
	}
}

// playground returns the address of the playground, empty if there is none.
func (c *Config) playground(at *net.TCPAddr) string {
	if !c.dev || !c.enabled() {
		return ""
	}
	return c.TLS.tls().scheme("http") + "://" + reachable(at) + "/"
}

func (c *Config) mode() string {
	switch {
	case !c.enabled():
		return "realtime is disabled: every client is turned away"
	case c.dev:
		return "development mode: no token is asked for"
	}
	return "tokens are checked " + strings.Join(c.checkedBy(), " or ")
}

func (c *Config) checkedBy() (by []string) {
	if c.CivicPress.URL != "" {
		by = append(by, "by CivicPress at "+c.CivicPress.URL)
	}
	if c.Hooks.Authorize != "" {
		by = append(by, "by hooks.authorize")
	}
	if c.Auth.JWT.hasKeys() {
		by = append(by, "by their signature (JWT)")
	}
	return by
}

// reachable returns a. If a stands for all addresses of the machine, "<host>" replaces the address.
func reachable(a *net.TCPAddr) string {
	if a.IP.IsUnspecified() {
		return net.JoinHostPort("<host>", strconv.Itoa(a.Port))
	}
	return a.String()
}
