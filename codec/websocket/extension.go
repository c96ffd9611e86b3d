package websocket

import (
	"strconv"
	"strings"
)

// AgreedDeflate is the answer to an offer of permessage-deflate, the value of the header
// Sec-WebSocket-Extensions (RFC 7692). Without context takeover each message is compressed alone.
const AgreedDeflate = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

// OffersDeflate reports whether a client offers permessage-deflate with parameters that
// AgreedDeflate satisfies. headers are the values of its headers Sec-WebSocket-Extensions, each of
// which may have several offers.
func OffersDeflate(headers []string) bool {
	for _, line := range headers {
		for offer := range strings.SplitSeq(line, ",") {
			if isDeflate(offer) {
				return true
			}
		}
	}
	return false
}

// isDeflate reports whether an offer is such a one. The window of the server's compressor cannot be
// limited, as one compressed message is for all receivers (RFC 7692, 7.1.2.1 lets a server decline
// for that).
func isDeflate(offer string) bool {
	name, parameters, more := strings.Cut(offer, ";")
	if strings.TrimSpace(name) != "permessage-deflate" {
		return false
	}
	if !more {
		return true
	}
	seen := make(map[string]bool)
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, given := strings.Cut(strings.TrimSpace(parameter), "=")
		if seen[name] || !isDeflateParameter(name, value, given) {
			return false
		}
		seen[name] = true
	}
	return true
}

// isDeflateParameter reports whether a parameter is valid and can be satisfied.
func isDeflateParameter(name, value string, given bool) bool {
	switch name {
	case "server_no_context_takeover", "client_no_context_takeover":
		return !given
	case "client_max_window_bits":
		return !given || windowBits(value) > 0
	case "server_max_window_bits":
		return windowBits(value) == 15
	}
	return false
}

// windowBits parses a number of window bits, 8 to 15, which may be in quotes; 0 for anything else.
func windowBits(value string) int {
	if len(value) > 2 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 8 || n > 15 || value != strconv.Itoa(n) {
		return 0
	}
	return n
}
