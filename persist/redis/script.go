package redis

import (
	"crypto/sha1"
	"embed"
	"encoding/hex"
)

//go:embed scripts/*.lua
var files embed.FS

// script is a program that Redis runs in one step.
type script struct{ source, sha string }

// load returns the script that these files are.
func load(names ...string) *script {
	s := new(script)
	for _, name := range append([]string{"lib"}, names...) {
		part, err := files.ReadFile("scripts/" + name + ".lua")
		if err != nil {
			panic(err)
		}
		s.source += string(part)
	}
	sum := sha1.Sum([]byte(s.source))
	s.sha = hex.EncodeToString(sum[:])
	return s
}

var (
	announceScript    = load("announce")
	withdrawScript    = load("withdraw")
	acquireScript     = load("acquire")
	renewScript       = load("renew")
	releaseScript     = load("release")
	appendScript      = load("append")
	loadScript        = load("load")
	snapshotScript    = load("versions", "snapshot")
	keepVersionScript = load("versions", "keepversion")
	expireScript      = load("expire")
	dropScript        = load("drop")
	quarantineScript  = load("quarantine")
	damagedScript     = load("damaged")
	roomsScript       = load("rooms")
	takeLateScript    = load("takelate")
	offerLateScript   = load("offerlate")
	claimScript       = load("claim")
	decideScript      = load("decide")
)
