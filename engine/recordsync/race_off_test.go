//go:build !race

package recordsync

const raceEnabled = false
