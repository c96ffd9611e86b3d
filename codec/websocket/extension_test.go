package websocket

import "testing"

// TestOffersDeflate checks offers, those of real clients first, and that one which cannot be
// satisfied does not spoil another.
func TestOffersDeflate(t *testing.T) {
	for offer, want := range map[string]bool{
		"permessage-deflate; client_max_window_bits": true, // Chromium, Firefox, Node's ws
		"permessage-deflate":                         true,
		"permessage-deflate;server_no_context_takeover ; client_no_context_takeover": true,
		`permessage-deflate; client_max_window_bits="10"`:                            true,
		"permessage-deflate; server_max_window_bits=15":                              true,

		"permessage-deflate; server_max_window_bits=10":                      false, // one compressed message is for all
		"permessage-deflate; server_max_window_bits":                         false,
		"permessage-deflate; client_max_window_bits=16":                      false,
		"permessage-deflate; client_max_window_bits=08":                      false,
		"permessage-deflate; client_max_window_bits=":                        false,
		"permessage-deflate; server_no_context_takeover=1":                   false,
		"permessage-deflate; client_max_window_bits; client_max_window_bits": false,
		"permessage-deflate; something_else":                                 false,
		"permessage-deflate;":                                                false,
		"x-webkit-deflate-frame":                                             false,
		"":                                                                   false,
		"permessage-deflate; server_max_window_bits=10, permessage-deflate":  true,
		"x-webkit-deflate-frame, permessage-deflate; client_max_window_bits": true,
	} {
		if got := OffersDeflate([]string{offer}); got != want {
			t.Errorf("%q: %v", offer, got)
		}
	}
	if !OffersDeflate([]string{"foo", "permessage-deflate"}) || OffersDeflate(nil) {
		t.Error("several lines, or none")
	}
}
