package auth

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
)

// RemoteKeys are the keys of an identity provider. Run fetches them at once, again after each
// RemoteKeysConfig.Refresh, and when a token names a key that is not among them. While fetches
// fail, the keys of the last successful fetch stay in use.
type RemoteKeys struct {
	cfg     RemoteKeysConfig
	fetcher keyFetcher
	log     *slog.Logger
	metrics remoteKeysMetrics

	keys    atomic.Pointer[[]Key] // never changed in place; nil: none were fetched yet
	fetched atomic.Int64          // Unix time of the last fetch that succeeded; 0: none did
	wake    chan struct{}         // wakes Run, as next is wanted; of capacity 1

	mu      sync.Mutex  // guards everything below
	next    *keyFetch   // wanted or under way; nil: none
	asked   time.Time   // when a token last caused a fetch; zero: never
	unknown unknownKeys // ids that tokens name
}

// keyFetch is one fetch.
type keyFetch struct {
	done chan struct{} // closed at the end
	err  error         // set before that
}

func newKeyFetch() *keyFetch { return &keyFetch{done: make(chan struct{})} }

// NewRemoteKeys returns the keys of an identity provider: none until Run is called. Its error is
// ErrKeyURL.
func NewRemoteKeys(c RemoteKeysConfig, log *slog.Logger) (*RemoteKeys, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	r := &RemoteKeys{cfg: c, fetcher: newKeyFetcher(c), log: log, wake: make(chan struct{}, 1)}
	r.metrics = newRemoteKeysMetrics(r)
	return r, nil
}

// maxKeyPause is the mean time between two fetches at which the pauses after failures stop growing.
const maxKeyPause = time.Minute

// Run fetches keys until ctx is done. It is called once.
func (r *RemoteKeys) Run(ctx context.Context) {
	pauses := backoff.ExponentialBackOff{
		InitialInterval:     time.Second,
		MaxInterval:         min(r.cfg.Refresh, maxKeyPause),
		Multiplier:          2,
		RandomizationFactor: 0.5,
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for failing := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-timer.C:
		}
		err := r.fetch(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			pauses.Reset()
			timer.Reset(r.cfg.Refresh - rand.N(r.cfg.Refresh/10+1))
		} else {
			timer.Reset(pauses.NextBackOff())
		}
		failing = r.report(err, failing)
	}
}

// report logs that fetches begin to fail, or succeed again.
func (r *RemoteKeys) report(err error, failing bool) (fails bool) {
	keys := slog.Int("keys", len(r.current()))
	switch {
	case err != nil && !failing:
		r.log.Warn("keys of the identity provider cannot be fetched; the last ones stay in use",
			slog.String("reason", err.Error()), keys)
	case err == nil && failing:
		r.log.Info("keys of the identity provider can be fetched again", keys)
	}
	return err != nil
}

// fetch makes the next fetch, and wakes the calls of refetch that wait for it.
func (r *RemoteKeys) fetch(ctx context.Context) error {
	r.mu.Lock()
	if r.next == nil {
		r.next = newKeyFetch()
	}
	f := r.next
	select {
	case <-r.wake: // next was wanted, and is fetched now
	default:
	}
	r.mu.Unlock()

	f.err = r.replace(ctx)
	r.metrics.fetched(f.err)

	r.mu.Lock()
	r.next = nil
	r.unknown.fetched(f.err)
	r.mu.Unlock()
	close(f.done)
	return f.err
}

// replace fetches the keys that the provider publishes now, and puts them in the place of the
// present ones. A set without a usable key replaces nothing.
func (r *RemoteKeys) replace(ctx context.Context) error {
	text, err := r.fetcher.fetch(ctx)
	if err != nil {
		return err
	}
	keys, faults, err := parseKeySet(text)
	if err != nil {
		return errors.Join(append([]error{err}, faults[:min(1, len(faults))]...)...)
	}
	if !slices.EqualFunc(keys, r.current(), func(a, b Key) bool { return a.id == b.id }) {
		r.log.Info("keys of the identity provider have changed",
			slog.Int("keys", len(keys)), slog.Int("unusable", len(faults)))
	}
	r.keys.Store(&keys)
	r.fetched.Store(time.Now().Unix())
	return nil
}

func (r *RemoteKeys) current() []Key {
	if keys := r.keys.Load(); keys != nil {
		return *keys
	}
	return nil
}

// fitting returns the keys that may verify a token with such a header. If there is none, it fetches
// the keys first. It returns none if this fetch, or one shortly before, has not brought such a key.
// Its error, a *engine.CloseError after which the client may come again, is that it could not
// fetch.
func (r *RemoteKeys) fitting(ctx context.Context, algorithm, id string) ([]Key, error) {
	if id == "" || !slices.Contains(publicAlgorithms, algorithm) {
		return nil, nil
	}
	if keys := fitting(r.current(), algorithm, id); len(keys) > 0 {
		return keys, nil
	}
	if err := r.lookFor(ctx, id); err != nil {
		r.metrics.unknown.Inc()
		return nil, keyUnknown(err)
	}
	return fitting(r.current(), algorithm, id), nil
}

// keyUnknown returns the error for a client whose token cannot be verified for now.
func keyUnknown(err error) *engine.CloseError {
	return &engine.CloseError{
		Code:      engine.CloseUnavailable,
		ErrorCode: protocol.CodeInternal,
		Reason:    "the key of this token is not known yet, try again",
		Err:       err,
	}
}

var errCooldown = errors.New("the keys have just been fetched")

// lookFor fetches the keys because an id is not among them, or waits for the fetch that is under
// way. If RemoteKeysConfig.Cooldown forbids a fetch, it returns errCooldown, or nil if the last
// fetch was made after the id had been asked for before.
func (r *RemoteKeys) lookFor(ctx context.Context, id string) error {
	f, err := r.wantedFetch(id)
	if f == nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.done:
		return f.err
	}
}

// wantedFetch returns the fetch to wait for, nil if there will be none.
func (r *RemoteKeys) wantedFetch(id string) (*keyFetch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	absent := r.unknown.ask(id)
	if r.next != nil {
		return r.next, nil
	}
	if !r.asked.IsZero() && time.Since(r.asked) < r.cfg.Cooldown {
		if absent {
			return nil, nil
		}
		return nil, errCooldown
	}
	r.next, r.asked = newKeyFetch(), time.Now()
	r.wake <- struct{}{} // the channel is empty: fetch empties it while it sets next
	return r.next, nil
}
