package logs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
)

// Logs are the loggers of the program. They write to one handler.
type Logs struct {
	Rooms Rooms // how the names of rooms are written

	handler slog.Handler
	levels  map[string]*slog.LevelVar // by area; "" is that of the rest
}

// New returns loggers that write lines to w, as JSON or as text. Their levels are info.
func New(w io.Writer, json bool) *Logs {
	o := &slog.HandlerOptions{Level: slog.LevelDebug} // the areas have the levels
	l := &Logs{handler: slog.NewTextHandler(w, o), levels: map[string]*slog.LevelVar{}}
	if json {
		l.handler = slog.NewJSONHandler(w, o)
	}
	for _, area := range append(Areas(), "") {
		l.levels[area] = new(slog.LevelVar)
	}
	return l
}

// Area returns the logger of an area; "" is the one for lines of no area.
func (l *Logs) Area(name string) *slog.Logger {
	h := l.handler
	if name != "" {
		h = h.WithAttrs([]slog.Attr{slog.String("area", name)})
	}
	return slog.New(&handler{Handler: h, logs: l, level: l.levels[name]})
}

// SetLevels sets the levels of all areas. It may be called at any time.
func (l *Logs) SetLevels(levels Levels) {
	for area, level := range l.levels {
		level.Set(levels.of(area))
	}
}

// SetLevel sets the level of an area, or of all if area is empty, by its name: debug, info, warn or
// error. It lasts until SetLevels is called.
func (l *Logs) SetLevel(area, level string) error {
	if area != "" && area != rest && !slices.Contains(Areas(), area) {
		return fmt.Errorf("%q is none of the areas %s", area, strings.Join(Areas(), ", "))
	}
	level = strings.ToLower(level)
	if !slices.Contains(names, level) {
		return fmt.Errorf("%q is none of the levels %s", level, strings.Join(names, ", "))
	}
	for name, v := range l.levels {
		if area == "" || area == name || area == rest && name == "" {
			v.Set(Levels{rest: level}.of(""))
		}
	}
	return nil
}

// Levels returns the level of each area, and that of the rest as "default".
func (l *Logs) Levels() map[string]string {
	all := make(map[string]string)
	for area, level := range l.levels {
		if area == "" {
			area = rest
		}
		all[area] = strings.ToLower(level.Level().String())
	}
	return all
}

// handler is the slog.Handler of an area.
type handler struct {
	slog.Handler
	logs  *Logs
	level *slog.LevelVar
	room  string // of the attributes that all lines have
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, line slog.Record) error {
	if !h.logs.Rooms.hides() {
		return h.Handler.Handle(ctx, line)
	}
	room := h.room
	line.Attrs(func(a slog.Attr) bool {
		if of := roomOf(a); of != "" {
			room = of
		}
		return true
	})
	rooms := &h.logs.Rooms
	hidden := slog.NewRecord(line.Time, line.Level, rooms.Redact(line.Message, room), line.PC)
	line.Attrs(func(a slog.Attr) bool {
		hidden.AddAttrs(rooms.redactAttr(a, room))
		return true
	})
	return h.Handler.Handle(ctx, hidden)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	for _, a := range attrs {
		if of := roomOf(a); of != "" {
			next.room = of
		}
	}
	if h.logs.Rooms.hides() {
		attrs = slices.Clone(attrs)
		for i := range attrs {
			attrs[i] = h.logs.Rooms.redactAttr(attrs[i], next.room)
		}
	}
	next.Handler = h.Handler.WithAttrs(attrs)
	return &next
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	next := *h
	next.Handler = h.Handler.WithGroup(name)
	return &next
}
