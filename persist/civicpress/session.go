package civicpress

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"
)

// sessionCache remembers what the API said about tokens, by their hash.
type sessionCache struct {
	flight singleflight.Group

	mu      sync.Mutex // a leaf; guards everything below
	live    *simplelru.LRU[key, *session]
	refused *simplelru.LRU[key, refusal]  // by the hash of a token, or of a token and a record
	suspect *simplelru.LRU[key, struct{}] // answers looked like those to a dead token, and whether it is could not be asked
}

// session is somebody the API knew. It is never changed in place.
type session struct {
	user     User
	class    string    // stands for all that what records show depends on
	userAt   time.Time // when the API was asked about the user; it may have answered much later
	aliveAt  time.Time // when it was last asked something that it answers so to live sessions only
	editorAt time.Time // when it was last asked something that it answers so to editors only
	retryAt  time.Time // no sooner is it asked again, after that failed
	stale    bool      // something has happened since: it is to be asked, however fresh the answer
}

func (s *sessionCache) init(size int) {
	s.live = newLRU[key, *session](size)
	s.refused = newLRU[key, refusal](2 * size)
	s.suspect = newLRU[key, struct{}](size)
}

// What a person may do is asked less often than whether the session is alive, which any
// answer to its token may show: the API limits the route that says so most.
const (
	rightsFactor = 2  // times Config.PositiveTTL
	editsFactor  = 10 // the same, of somebody who is shown drafts or saves them
)

// Authenticate says whose session a token is, from memory if that is fresh. Many who
// ask about one token at once make one call. When the API cannot be asked, whoever
// was known within Config.MaxStale still is. The error is mostly ErrUnauthorized.
func (c *Client) Authenticate(ctx context.Context, token string) (User, error) {
	v, err := c.session(ctx, token, time.Now().Add(-c.cfg.PositiveTTL))
	if err != nil {
		return User{}, err
	}
	return v.userCopy(), nil
}

// session says whose session a token is that was alive since a time, and asks about it where
// that, or what its bearer may do, is not known.
func (c *Client) session(ctx context.Context, token string, alive time.Time) (*session, error) {
	if err := c.checkForm(token); err != nil {
		return nil, err
	}
	k := keyOf(token)
	if v, err := c.cachedSession(k, alive, time.Now()); v != nil || err != nil {
		return v, err
	}
	return c.fetchSession(ctx, k, token)
}

// checkForm refuses what cannot be a token without asking.
func (c *Client) checkForm(token string) error {
	if !sendable(token) || c.key != nil && !signed(token, c.key) {
		c.metrics.tokensMalformed.Inc()
		return c.refusal()
	}
	return nil
}

func (c *Client) refusal() error { return &Error{Op: checkSession.String(), Kind: ErrUnauthorized} }

// cachedSession answers from memory if it may; else it returns nothing.
func (c *Client) cachedSession(k key, alive, now time.Time) (*session, error) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, found := s.refused.Get(k); found && r.holds(now) != nil {
		c.metrics.sessionsRefused.Inc()
		return nil, r.err
	}
	v, found := s.live.Get(k)
	switch {
	case !found:
		return nil, nil
	case !v.stale && c.rightsFresh(v, now) && v.aliveAt.After(alive):
		c.metrics.sessionsKnown.Inc()
	case c.mayDefer(v, now):
		c.metrics.sessionsStale.Inc()
	default:
		return nil, nil
	}
	return v, nil
}

// rightsFresh says whether what somebody may do need not be asked about.
func (c *Client) rightsFresh(v *session, now time.Time) bool {
	age, ttl := now.Sub(v.userAt), c.cfg.PositiveTTL
	return age < rightsFactor*ttl || now.Sub(v.editorAt) < rightsFactor*ttl && age < editsFactor*ttl
}

// mayDefer: the API has just not answered, or has better things to do.
func (c *Client) mayDefer(v *session, now time.Time) bool {
	return now.Sub(v.userAt) < c.cfg.MaxStale && (now.Before(v.retryAt) || !v.stale && (c.otherLimit.scarce(now) || !c.authLimit.take(now)))
}

func (v *session) userCopy() User {
	u := v.user
	u.FetchedAt = v.userAt
	u.Permissions = slices.Clone(u.Permissions)
	return u
}

// classOf stands for all that the API's answers about records depend on.
func classOf(u User) string { return u.Role + "\x00" + strings.Join(u.Permissions, "\x00") }

// fetchSession joins or starts the one call about a token. It goes on when its callers have left.
func (c *Client) fetchSession(ctx context.Context, k key, token string) (*session, error) {
	asked := c.sessions.flight.DoChan(string(k[:]), func() (any, error) {
		asked := time.Now()
		u, err := c.fetchUser(context.WithoutCancel(ctx), token)
		return c.storeUser(k, u, err, asked)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-asked:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*session), nil
	}
}
