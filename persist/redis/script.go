package redis

import (
	"crypto/sha1"
	"embed"
	"encoding/hex"
)

//go:embed scripts/*.lua
var files embed.FS

// script is a program that Redis runs in one step.
type script struct {
	op          op
	source, sha string
	answer      int // how long the answer may be, in bytes, if it may be long
}

// maxLoad is how much a room may have at most, for the time that loading it may take, in bytes.
const maxLoad = 64 << 20

// load returns the script that these files are.
func load(o op, names ...string) *script {
	s := &script{op: o}
	for _, name := range append([]string{"lib"}, names...) {
		part, err := files.ReadFile("scripts/" + name + ".lua")
		if err != nil {
			panic(err)
		}
		s.source += string(part)
	}
	sum := sha1.Sum([]byte(s.source))
	s.sha = hex.EncodeToString(sum[:])
	if o == opLoad || o == opLate || o == opSnapshot {
		s.answer = maxLoad
	}
	return s
}

var (
	announceScript    = load(opAnnounce, "announce")
	withdrawScript    = load(opAnnounce, "withdraw")
	acquireScript     = load(opAcquire, "acquire")
	renewScript       = load(opRenew, "renew")
	releaseScript     = load(opRelease, "release")
	appendScript      = load(opAppend, "append")
	loadScript        = load(opLoad, "load")
	snapshotScript    = load(opSnapshot, "versions", "snapshot")
	keepVersionScript = load(opArchive, "versions", "keepversion")

	renameVersionScript = load(opArchive, "versions", "renameversion")
	deleteVersionScript = load(opArchive, "versions", "deleteversion")
	dropVersionsScript  = load(opArchive, "versions", "dropversions")

	expireScript      = load(opArchive, "expire")
	dropScript        = load(opArchive, "drop")
	quarantineScript  = load(opArchive, "quarantine")
	damagedScript     = load(opLoad, "damaged")
	roomsScript       = load(opList, "rooms")
	takeLateScript    = load(opLate, "takelate")
	offerLateScript   = load(opLate, "offerlate")
	claimScript       = load(opClaim, "claim")
	offerClaimsScript = load(opClaim, "offerclaims")
	decideScript      = load(opDecisions, "decide")
	outboxScript      = load(opOutbox, "outbox")
	readOutboxScript  = load(opOutbox, "readoutbox")
	holdOutboxScript  = load(opOutbox, "holdoutbox")
	askScript         = load(opOwners, "ask")
	locateScript      = load(opSnapshot, "locate")
)
