package storetest

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// Store has the methods that package persist documents.
type Store interface {
	Load(ctx context.Context, room string) (snapshot []byte, journal [][]byte, err error)
	Append(ctx context.Context, rows []persist.Row) error
	SaveSnapshot(ctx context.Context, room string, snapshot []byte, through uint64) error
	KeepVersion(ctx context.Context, room string, v persist.Version, snapshot []byte) (
		id uint64, err error)
	RenameVersion(ctx context.Context, room string, id uint64, name string) error
	DeleteVersion(ctx context.Context, room string, id uint64) error
	DropVersions(ctx context.Context, now time.Time) (versions int, err error)
	Versions(ctx context.Context, room string) ([]persist.Version, error)
	Version(ctx context.Context, room string, id uint64) ([]byte, error)
	Expire(ctx context.Context, room string, at time.Time) error
	DropExpired(ctx context.Context, now time.Time) (rooms int, err error)
	Quarantine(ctx context.Context, room string) error
	Rooms(ctx context.Context) ([]persist.Room, error)
	Room(ctx context.Context, room string) (persist.Room, error)
	LoadDecisions(ctx context.Context) ([]persist.Decision, error)
	ChangeDecisions(ctx context.Context, put, drop []persist.Decision) error
	Damage() []persist.Damage
	Healthy() error
	Close() error
}
