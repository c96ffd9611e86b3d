package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/operate"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// createCommand keeps the present document of a room as a version.
type createCommand struct {
	operate.Server
	subject
	Name string `placeholder:"TEXT" help:"Name of the version."`
}

// Run implements kong's command.
func (f *createCommand) Run() error {
	key, err := f.key()
	if err != nil {
		return err
	}
	var id uint64
	err = either(&f.Reach, func(ctx context.Context, in operate.Stored) (err error) {
		id, err = in.Create(ctx, key.String(), f.Name)
		return err
	}, func(st *bolt.Store, c app.Config) (err error) {
		id, err = f.keep(st, c, key)
		return err
	})
	if err != nil {
		return err
	}
	return printAnswer(f.JSON, api.Renamed{Room: key.String(), Version: id, Name: f.Name},
		"%s is kept as version %d\n", snapshots.Label(key), id)
}

// keep keeps a version in the store of a stopped server.
func (f *createCommand) keep(st *bolt.Store, c app.Config, key roomkey.Key) (id uint64, err error) {
	s, err := snapshots.Read(context.Background(), st, key, 0)
	if err != nil {
		return 0, err
	}
	blob, err := s.Encode(c.SnapshotCompression())
	if err != nil {
		return 0, err
	}
	v := persist.Version{Why: "by hand", Name: f.Name}
	id, err = st.KeepVersion(context.Background(), key.String(), v, blob)
	return id, versionAudited(c, "create", key, id, err)
}

// versionAudited is audited for what a command has done to a version; id is 0 if there is none.
func versionAudited(c app.Config, command string, key roomkey.Key, id uint64, err error) error {
	l := audit.Line{Kind: audit.Version, Room: key.String()}
	if id != 0 {
		l.Version = strconv.FormatUint(id, 10)
	}
	return audited(c, "snapshot "+command, l, err)
}

// printAnswer prints an answer for programs, or a line.
func printAnswer(json bool, answer any, format string, args ...any) error {
	if json {
		return printJSON(answer)
	}
	_, err := fmt.Printf(format, args...)
	return err
}

// ofVersion is the version that a command is about.
type ofVersion struct {
	operate.Server
	subject
	Version number `required:"" placeholder:"N" help:"Number of the version."`
}

// change changes the version, of a running server or a stopped one.
func (f *ofVersion) change(
	command string,
	running func(ctx context.Context, in operate.Stored, room string) error,
	stopped func(ctx context.Context, st *bolt.Store, room string) error,
) (key roomkey.Key, err error) {
	if key, err = f.key(); err != nil {
		return key, err
	}
	err = either(&f.Reach, func(ctx context.Context, in operate.Stored) error {
		return running(ctx, in, key.String())
	}, func(st *bolt.Store, c app.Config) error {
		err := stopped(context.Background(), st, key.String())
		return versionAudited(c, command, key, uint64(f.Version), err)
	})
	if errors.Is(err, persist.ErrVersion) {
		err = fmt.Errorf("%s has no version %d", snapshots.Label(key), f.Version)
	}
	return key, err
}

// renameCommand gives a version another name.
type renameCommand struct {
	ofVersion
	Name string `required:"" placeholder:"TEXT" help:"Name of the version; empty: none."`
}

// Run implements kong's command.
func (f *renameCommand) Run() error {
	id := uint64(f.Version)
	key, err := f.change("rename", func(ctx context.Context, in operate.Stored, room string) error {
		return in.Rename(ctx, room, id, f.Name)
	}, func(ctx context.Context, st *bolt.Store, room string) error {
		return st.RenameVersion(ctx, room, id, f.Name)
	})
	if err != nil {
		return err
	}
	return printAnswer(f.JSON, api.Renamed{Room: key.String(), Version: id, Name: f.Name},
		"version %d of %s has that name\n", id, snapshots.Label(key))
}

// deleteCommand deletes a version.
type deleteCommand struct{ ofVersion }

// Run implements kong's command.
func (f *deleteCommand) Run() error {
	id := uint64(f.Version)
	key, err := f.change("delete", func(ctx context.Context, in operate.Stored, room string) error {
		return in.Delete(ctx, room, id)
	}, func(ctx context.Context, st *bolt.Store, room string) error {
		return st.DeleteVersion(ctx, room, id)
	})
	if err != nil {
		return err
	}
	return printAnswer(f.JSON, api.VersionDeleted{Room: key.String(), Version: id, Deleted: true},
		"version %d of %s is deleted\n", id, snapshots.Label(key))
}
