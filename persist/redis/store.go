package redis

import (
	"context"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// Store is the contract of package persist for one node, over a Client. A room that it writes to is
// leased for a short while; one that another node has is ErrNotOwner. What concerns no owner, as
// versions, expiry, lists and decisions, is the same for all nodes.
//
// A commit is of the rooms of a shard. How durable it is depends on Redis: see Client.Settings.
type Store struct {
	c    *Client
	node string

	use    sync.RWMutex // held by calls; Close takes it for itself
	closed bool

	mu     sync.Mutex // guards what follows
	keep   persist.Retention
	leased map[string]*leased
}

// storeLease is how long the leases of a Store last.
const storeLease = 10 * time.Second

// Rooms returns the rooms as a store for a node. Closing it leaves the Client open.
func (c *Client) Rooms(node string, keep persist.Retention) *Store {
	return &Store{c: c, node: node, keep: keep, leased: map[string]*leased{}}
}

// SetRetention replaces the options about versions, but for the clock.
func (s *Store) SetRetention(keep persist.Retention) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keep.Now = s.keep.Now
	s.keep = keep
}

func (s *Store) retention() persist.Retention {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keep
}

// begin begins a call, which ends with s.use.RUnlock if there is no error.
func (s *Store) begin(ctx context.Context, rooms ...string) error {
	for _, room := range rooms {
		if err := persist.CheckRoom(room); err != nil {
			return err
		}
	}
	s.use.RLock()
	err := s.c.usable(ctx)
	if s.closed {
		err = persist.ErrClosed
	}
	if err != nil {
		s.use.RUnlock()
	}
	return err
}

// Load returns the room's snapshot and rows.
func (s *Store) Load(
	ctx context.Context, room string,
) (snapshot []byte, journal [][]byte, err error) {
	if err := s.begin(ctx, room); err != nil {
		return nil, nil, err
	}
	defer s.use.RUnlock()
	state, err := s.c.Load(ctx, room)
	for _, row := range state.Rows {
		journal = append(journal, row.Data)
	}
	return state.Snapshot, journal, err
}

// KeepVersion keeps a snapshot beside the room's own.
func (s *Store) KeepVersion(
	ctx context.Context, room string, v persist.Version, snapshot []byte,
) (id uint64, err error) {
	if err := persist.CheckVersion(room, v); err != nil {
		return 0, err
	}
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	defer s.use.RUnlock()
	return s.c.keepVersion(ctx, room, v, snapshot, s.retention())
}

// RenameVersion gives a version another name.
func (s *Store) RenameVersion(ctx context.Context, room string, id uint64, name string) error {
	if err := persist.CheckName(name); err != nil {
		return err
	}
	if err := s.begin(ctx, room); err != nil {
		return err
	}
	defer s.use.RUnlock()
	return s.c.renameVersion(ctx, room, id, name, s.retention())
}

// DeleteVersion deletes a version.
func (s *Store) DeleteVersion(ctx context.Context, room string, id uint64) error {
	if err := s.begin(ctx, room); err != nil {
		return err
	}
	defer s.use.RUnlock()
	return s.c.deleteVersion(ctx, room, id)
}

// DropVersions deletes versions that are too old, of rooms of all nodes.
func (s *Store) DropVersions(ctx context.Context, now time.Time) (versions int, err error) {
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	defer s.use.RUnlock()
	keep := s.retention()
	if keep.MaxAge <= 0 {
		return 0, nil
	}
	return s.c.dropVersions(ctx, now, keep)
}

// Versions lists the room's versions, the oldest first.
func (s *Store) Versions(ctx context.Context, room string) ([]persist.Version, error) {
	if err := s.begin(ctx, room); err != nil {
		return nil, err
	}
	defer s.use.RUnlock()
	return s.c.versions(ctx, room)
}

// Version returns a version.
func (s *Store) Version(ctx context.Context, room string, id uint64) ([]byte, error) {
	if err := s.begin(ctx, room); err != nil {
		return nil, err
	}
	defer s.use.RUnlock()
	return s.c.version(ctx, room, id)
}

// Expire sets when the room is to be dropped.
func (s *Store) Expire(ctx context.Context, room string, at time.Time) error {
	if err := s.begin(ctx, room); err != nil {
		return err
	}
	defer s.use.RUnlock()
	text := "0"
	if !at.IsZero() {
		text = unixMilli(at)
	}
	return s.c.code(ctx, expireScript, room, room, text)
}

// DropExpired drops the rooms that have expired, but for those that another node has, and those
// for which late updates wait: they stay due.
func (s *Store) DropExpired(ctx context.Context, now time.Time) (rooms int, err error) {
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	defer s.use.RUnlock()
	return s.c.dropExpired(ctx, now, s.node)
}

// Quarantine moves the room's snapshot and rows to other keys, where they stay for 30 days.
func (s *Store) Quarantine(ctx context.Context, room string) error {
	if err := s.begin(ctx, room); err != nil {
		return err
	}
	defer s.use.RUnlock()
	return s.c.quarantine(ctx, room, s.node)
}

// Rooms lists all rooms. Late updates that wait count as rows.
func (s *Store) Rooms(ctx context.Context) ([]persist.Room, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.use.RUnlock()
	return s.c.rooms(ctx)
}

// Room describes a room.
func (s *Store) Room(ctx context.Context, room string) (persist.Room, error) {
	if err := s.begin(ctx, room); err != nil {
		return persist.Room{}, err
	}
	defer s.use.RUnlock()
	return s.c.room(ctx, room)
}

// LoadDecisions returns all decisions.
func (s *Store) LoadDecisions(ctx context.Context) ([]persist.Decision, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.use.RUnlock()
	return s.c.loadDecisions(ctx)
}

// ChangeDecisions drops decisions and keeps others.
func (s *Store) ChangeDecisions(ctx context.Context, put, drop []persist.Decision) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.use.RUnlock()
	return s.c.changeDecisions(ctx, put, drop)
}

// Damage returns nil: Redis checks its own files.
func (s *Store) Damage() []persist.Damage { return nil }

// Healthy returns the error of the last call, if it did not reach Redis.
func (s *Store) Healthy() error { return s.c.Healthy() }

// Close gives up the leases, and waits for calls.
func (s *Store) Close() error {
	s.use.Lock()
	defer s.use.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var all []Lease
	for _, l := range s.leased {
		all = append(all, l.lease)
	}
	s.leased = nil
	ctx, cancel := context.WithTimeout(context.Background(), s.c.config.Timeout)
	defer cancel()
	_ = s.c.Release(ctx, all) // leases end by themselves
	return nil
}
