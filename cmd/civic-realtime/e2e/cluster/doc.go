// Package cluster tests several nodes that share rooms, as real processes of the built binary, with
// a real Redis, a proxy that makes the lines between them fail, real clients, and CivicPress'
// stand-in.
//
// It has tests only. TestCases has the cases that docs/cluster.md promises something about. In each
// of them clients type all the time and are never restarted, and at the end a checker compares
// what any client was shown with what there is: see history_test.go for its rules, and
// falsehistory_test.go for histories that it refuses. TestChaos mixes the faults at random, and
// TestUpgrade runs releases side by side.
//
// They need redis-server and redis-sentinel on the PATH, Node 20 or later, and `npm ci` in the
// folder above. CLUSTER_RACE=1 builds the nodes with the race detector. CHAOS_TIME, CHAOS_SEED and
// CHAOS_ROUNDS are described with TestChaos.
package cluster
