package migrate

import (
	"fmt"
	"os"

	"github.com/civicpress/civic-realtime/persist/imports"
	"github.com/civicpress/civic-realtime/persist/imports/hocuspocus"
	"github.com/civicpress/civic-realtime/persist/imports/ysweet"
	"github.com/civicpress/civic-realtime/persist/imports/ywebsocket"
)

// Server is a kind of server whose stores can be read.
type Server string

// The servers. Auto stands for the one that a store is of.
const (
	Auto       Server = "auto"
	YWebsocket Server = "y-websocket"
	Hocuspocus Server = "hocuspocus"
	YSweet     Server = "y-sweet"
)

// Source is the store of another server.
type Source = imports.Source

// Open opens a store for reading. It returns which server's it is. Its error may be an
// imports.ErrUnknown, ErrInUse or ErrDamaged.
func Open(from Server, path string) (Source, Server, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, from, err
	}
	if from == Auto {
		if from = detect(path); from == Auto {
			return nil, from, fmt.Errorf("%w: %s is neither a folder of y-leveldb, nor an SQLite database, nor a folder of y-sweet's; "+
				"--from says which server it is of", imports.ErrUnknown, path)
		}
	}
	var s Source
	var err error
	switch from {
	case YWebsocket:
		s, err = ywebsocket.Open(path)
	case YSweet:
		s, err = ysweet.Open(path)
	default:
		s, err = hocuspocus.Open(path)
	}
	return s, from, err
}

// detect returns the server that a store is of, Auto if it is not known.
func detect(path string) Server {
	switch {
	case ywebsocket.Is(path):
		return YWebsocket
	case hocuspocus.Is(path):
		return Hocuspocus
	case ysweet.Is(path):
		return YSweet
	}
	return Auto
}
