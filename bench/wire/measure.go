package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
)

// measured is the cost of a run for a server.
type measured struct {
	name   string
	report load.Report
	cpu    time.Duration
	waited time.Duration // for its core, which others used
	text   int           // characters of the room that was compared with real Yjs
	state  error         // why the final states are wrong; nil: they are not
}

// per returns the CPU time of a delivered update, in microseconds.
func (m measured) per() float64 {
	return float64(m.cpu) / 1e3 / float64(max(1, m.report.Delivered))
}

// share returns the part of its core that the server used.
func (m measured) share() float64 { return float64(m.cpu) / float64(m.report.Took) }

// waiting returns the part of the time that the server's threads, all together, waited for the
// core. If it is large, costs and latencies are not the server's alone.
func (m measured) waiting() float64 { return float64(m.waited) / float64(m.report.Took) }

const warmUp = 2 * time.Second

// measure starts a server, lets a fleet write at pace for a moment, and then measures it.
func (b *bench) measure(
	ctx context.Context, p peer, shape load.Shape, pace load.Pace,
) (m measured, err error) {
	s, err := b.start(ctx, p)
	if err != nil {
		return m, err
	}
	defer s.End()
	f, err := load.Connect(ctx, s.Target, shape, b.stream)
	if err != nil {
		return m, fmt.Errorf("%s: %w", p.name, err)
	}
	defer f.Close()
	warm := pace
	warm.For = warmUp
	if _, err := f.Run(ctx, warm); err != nil {
		return m, fmt.Errorf("%s: %w", p.name, err)
	}
	m.name = p.name
	before, waited := s.CPU(), s.Waited()
	if m.report, err = f.Run(ctx, pace); err != nil {
		return m, fmt.Errorf("%s: %w", p.name, err)
	}
	m.cpu, m.waited = s.CPU()-before, s.Waited()-waited
	m.text, m.state = b.check(ctx, p, f)
	return m, nil
}

// check compares the final state of all rooms with the updates that were sent, one with real Yjs.
func (b *bench) check(ctx context.Context, p peer, f *load.Fleet) (text int, err error) {
	if err := f.Check(); err != nil || p.dialect.Mute {
		return 0, err
	}
	state, err := f.State(0)
	if err != nil {
		return 0, err
	}
	return b.agrees(ctx, f.Sent(0), state)
}

// all measures every kind of server, ours first and the bare relay second.
func (b *bench) all(
	ctx context.Context, shape load.Shape, pace load.Pace,
) (all []measured, err error) {
	for _, p := range append([]peer{ours, bare}, others...) {
		m, err := b.measure(ctx, p, shape, pace)
		if err != nil {
			return all, err
		}
		all = append(all, m)
	}
	return all, nil
}

// compared makes the rows of a shape: ours must cost at most the given part of the relay.
func compared(what string, all []measured, part float64, partly string) (rows []table.Row) {
	us, floor := all[0], all[1]
	ratio := us.per() / floor.per()
	figure := fmt.Sprintf("%.2f µs CPU a delivered update, %.1f %% of the core",
		us.per(), 100*us.share())
	rows = append(rows, table.New(what, figure, "≤ "+partly+" of the relay's", ratio <= part))
	for _, m := range all[1:] {
		figure := fmt.Sprintf("%.2f µs there, %.1f %%: %.1f times ours%s",
			m.per(), 100*m.share(), m.per()/us.per(), m.shortcomings())
		rows = append(rows, table.New("  beside "+m.name, figure, "-", true))
	}
	busy := fmt.Sprintf("our threads waited for the core %.0f %% of the time, the relay's %.0f %%",
		100*us.waiting(), 100*floor.waiting())
	return append(rows, latencyRow(us.report, floor.report), lossRow(us.report), finalState(us),
		table.New("  how busy the machine was with other things", busy, "-", true))
}

// latencyRow makes the row of the latency: the p99 must be at most a window and a tick.
func latencyRow(us, floor load.Report) table.Row {
	const bound = 100*time.Millisecond + 20*time.Millisecond
	p99 := us.Latency.Quantile(0.99)
	figure := fmt.Sprintf("%s and %s, of which the generator %s; relay %s",
		ms(us.Latency.Quantile(0.5)), ms(p99), ms(us.Late.Quantile(0.99)),
		ms(floor.Latency.Quantile(0.99)))
	return table.New("  p50 and p99 of the latency", figure, "≤ "+ms(bound), p99 <= bound)
}

func lossRow(us load.Report) table.Row {
	figure := fmt.Sprintf("%d, %d of %d deliveries of %d updates",
		us.Lost(), us.Repeated, us.Due, us.Sent)
	return table.New("  lost, repeated", figure, "0, 0", us.Err() == nil)
}

func finalState(m measured) table.Row {
	figure := fmt.Sprintf("in every room; real Yjs agrees on one, of %d characters", m.text)
	if m.state != nil {
		figure = m.state.Error()
	}
	return table.New("  final state equal to what was sent", figure, "-", m.state == nil)
}

// shortcomings returns what another server failed to do, for its row.
func (m measured) shortcomings() string {
	var problem string
	if m.report.Lost() > 0 {
		problem = fmt.Sprintf("; did not deliver %d of %d", m.report.Lost(), m.report.Due)
	}
	if err := errors.Join(m.state); err != nil && m.report.Lost() == 0 {
		problem += "; " + err.Error()
	}
	return problem
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }
