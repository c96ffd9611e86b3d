package redis

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"
)

// Announce stores the description of a node for ttl, and returns what there is.
//
// A generation is "<marker>.<run id>". The marker is made by the first call that finds none: then
// Sight.Emptied is set.
func (c *Client) Announce(
	ctx context.Context, node string, description []byte, ttl time.Duration,
) (Sight, error) {
	if err := c.usable(ctx); err != nil {
		return Sight{}, err
	}
	marker := random(8)
	list := make([]call, len(c.tags))
	for i := range list {
		list[i] = call{i, []string{marker, ""}}
	}
	list[0].args = []string{marker, node, string(description), milliseconds(ttl)}
	began := time.Now()
	results := c.run(ctx, announceScript, list...)
	sight := Sight{Nodes: map[string][]byte{}, RoundTrip: time.Since(began)}
	for _, result := range results {
		answer, err := texts(result)
		if err != nil {
			return Sight{}, err
		}
		if len(answer) < 2 {
			return Sight{}, errAnswer
		}
		sight.Generations = append(sight.Generations, answer[0])
		sight.Emptied = sight.Emptied || answer[1] == "1"
		for i := 2; i+1 < len(answer); i += 2 {
			sight.Nodes[answer[i]] = []byte(answer[i+1])
		}
	}
	return sight, nil
}

// Withdraw removes the description of a node.
func (c *Client) Withdraw(ctx context.Context, node string) error {
	if err := c.usable(ctx); err != nil {
		return err
	}
	if err := c.run(ctx, withdrawScript, call{0, []string{node}})[0].Error(); err != nil {
		return failure(err)
	}
	return nil
}

// Secret returns the secret that nodes share. The first call makes it.
func (c *Client) Secret(ctx context.Context) (string, error) {
	return c.ShareSecret(ctx, random(32))
}

// ShareSecret returns the secret that nodes share. If there is none, as in a Redis that was
// emptied, it is the one that is given.
func (c *Client) ShareSecret(ctx context.Context, mine string) (string, error) {
	if err := c.usable(ctx); err != nil {
		return "", err
	}
	key := c.tags[0] + ":secret"
	results := c.ask(ctx, opAnnounce, 0, c.r.B().Setnx().Key(key).Value(mine).Build(),
		c.r.B().Get().Key(key).Build())
	secret, err := results[1].ToString()
	if err != nil {
		return "", failure(err)
	}
	return secret, nil
}

// random returns so many random bytes in hexadecimal.
func random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
