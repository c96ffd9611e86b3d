package redis

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// decision is what is stored of a decision, under its kind, a zero byte and its subject. Texts are
// bytes, as they need not be UTF-8.
type decision struct {
	By, Reason  []byte
	Made, Until int64 // milliseconds; 0: never
}

// loadDecisions returns all decisions.
func (c *Client) loadDecisions(ctx context.Context) (all []persist.Decision, err error) {
	key := c.tags[0] + ":decisions"
	command := c.r.B().Hgetall().Key(key).Build()
	stored, err := c.ask(ctx, opDecisions, maxLoad, command)[0].AsStrMap()
	if err != nil {
		return nil, failure(err)
	}
	for field, value := range stored {
		kind, subject, _ := strings.Cut(field, "\x00")
		text, damage := unframe(field, value)
		var d decision
		if damage != "" || json.Unmarshal(text, &d) != nil {
			c.counts.damage.Inc()
			return nil, persist.ErrCorrupt
		}
		all = append(all, persist.Decision{
			Kind: kind, Subject: subject, By: string(d.By), Reason: string(d.Reason),
			Made:  timeOf(strconv.FormatInt(d.Made, 10)),
			Until: timeOf(strconv.FormatInt(d.Until, 10)),
		})
	}
	return all, nil
}

// changeDecisions drops decisions, and keeps others, in one step.
func (c *Client) changeDecisions(ctx context.Context, put, drop []persist.Decision) error {
	if err := persist.CheckDecisions(put, drop); err != nil {
		return err
	}
	args := []string{strconv.Itoa(len(drop))}
	for _, d := range drop {
		args = append(args, d.Kind+"\x00"+d.Subject)
	}
	for _, d := range put {
		text, err := json.Marshal(decision{
			[]byte(d.By), []byte(d.Reason), milli(d.Made), milli(d.Until),
		})
		if err != nil {
			return err
		}
		field := d.Kind + "\x00" + d.Subject
		args = append(args, field, framed(field, text))
	}
	code, err := c.run(ctx, decideScript, call{0, args})[0].AsInt64()
	if err != nil {
		return failure(err)
	}
	return refused(code)
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
