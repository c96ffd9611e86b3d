package operate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/client"
)

// DrainCommand shuts the server down.
type DrainCommand struct{ Server }

// Run implements kong's command.
func (f *DrainCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		d, err := c.Drain(ctx)
		if err != nil {
			return err
		}
		return f.print(d, func() string {
			return "the server saves what people wrote, closes their connections and ends\n"
		})
	})
}

// LogLevelCommand shows or changes levels of the log.
type LogLevelCommand struct {
	Server
	Levels []string `arg:"" optional:"" name:"level" help:"New levels: debug, info, warn or error for all areas, or such as auth=debug for one."`
}

// wanted returns the levels that the arguments ask for.
func (f *LogLevelCommand) wanted() (l api.LogLevels, err error) {
	for _, arg := range f.Levels {
		area, level, ok := strings.Cut(arg, "=")
		switch {
		case ok && l.Areas == nil:
			l.Areas = map[string]string{area: level}
		case ok:
			l.Areas[area] = level
		case l.Level != "":
			return l, fmt.Errorf("%s and %s: there is one level for all areas", l.Level, arg)
		default:
			l.Level = arg
		}
	}
	return l, nil
}

// Run implements kong's command.
func (f *LogLevelCommand) Run() error {
	want, err := f.wanted()
	if err != nil {
		return &Error{err, exitUsage}
	}
	return f.run(func(ctx context.Context, c *client.Client) error {
		var l api.LogLevels
		if len(f.Levels) == 0 {
			l, err = c.LogLevels(ctx)
		} else {
			l, err = c.SetLogLevels(ctx, want)
		}
		if err != nil {
			return err
		}
		return f.print(l, func() string { return levelsText(l) })
	})
}

// levelsText returns the level of each area.
func levelsText(l api.LogLevels) string {
	f := newFacts()
	for _, area := range slices.Sorted(maps.Keys(l.Areas)) {
		f.add(clean(area), clean(l.Areas[area]))
	}
	return f.String()
}

// ReloadCommand makes the server read its configuration again.
type ReloadCommand struct{ Server }

// Run implements kong's command.
func (f *ReloadCommand) Run() error {
	return f.run(func(ctx context.Context, c *client.Client) error {
		r, err := c.Reload(ctx)
		if err != nil {
			return err
		}
		return f.print(r, func() string { return reloadedText(r) })
	})
}

// reloadedText says what a reload has done.
func reloadedText(r api.Reloaded) string {
	text := "changed: nothing\n"
	if len(r.Changed) > 0 {
		text = "changed: " + strings.Join(r.Changed, ", ") + "\n"
	}
	if len(r.Restart) > 0 {
		text += "changes at the next start: " + strings.Join(r.Restart, ", ") + "\n"
	}
	for _, w := range r.Warnings {
		text += "warning: " + clean(w) + "\n"
	}
	return text
}
