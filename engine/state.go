package engine

// roomState is where a room is in its life:
//
//	           load ends        first join
//	loading ─────────────▶ idle ◀───────────▶ live
//	   │                   ▲  │   last leave
//	   │        decompress │  │ compress, Config.CompressAfter later
//	   │                   │  ▼
//	   │                compressed
//	   │                   │
//	   └──────▶ gone ◀─────┴── from idle too, at the end of the grace period
//
// A room that crashes is gone from any state. Guarded by room.mu.
type roomState uint8

const (
	stateLoading    roomState = iota // the room belongs to load
	stateIdle                        // it has no peer, and may be unloaded when Config.Grace is over
	stateLive                        // it has peers
	stateCompressed                  // it has no peer, and holds its document compressed
	stateGone                        // it was unloaded, crashed or could not be loaded: the room map has it no more
)
