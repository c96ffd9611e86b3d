// Package logs makes the loggers of the program: one for each area, whose level can be changed
// while the server runs, and which may hide the names of rooms.
//
// Files, in layers; each uses only what is listed before it:
//
//	levels.go        areas and their levels
//	rooms.go         names of rooms, and their hashes
//	logs.go          loggers
package logs
