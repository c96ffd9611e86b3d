package main

import (
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
)

// bench has the options of a run, and the updates that are sent.
type bench struct {
	binary, config string // of our server
	packed         string // configuration file of our server with compression
	secured        string // with TLS
	scripts, trace string
	console        string        // folder of what drives a browser
	opened         time.Duration // how long a page is open before its memory is measured
	runs           time.Duration // how long a run is measured
	idle           time.Duration
	connections    int // idle ones
	serverCPU      string
	dir            string // for files
	stream         load.Stream
	state          []byte // of the B4 document
}
