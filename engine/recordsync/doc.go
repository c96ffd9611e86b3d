// Package recordsync keeps a room's document and the record whose text it is in step.
package recordsync
