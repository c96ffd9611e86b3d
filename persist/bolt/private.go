package bolt

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// others are the rights of all but the owner of a file.
const others = 0o077

// makePrivate takes from all but the owner the rights to the directory and the files of a store, as
// they have people's texts, and logs that. It is no error if that fails: the store may be on a file
// system without rights, or belong to a group by intention of somebody who may do that.
func makePrivate(dir string, log *slog.Logger) {
	if runtime.GOOS == "windows" {
		return // which has other rights
	}
	for _, name := range []string{"", dbName, wal.FileName, markerName} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().Perm()&others == 0 {
			continue
		}
		if err == nil {
			err = os.Chmod(path, info.Mode().Perm()&^others)
		}
		if err != nil {
			log.Warn("others may read stored data, and that cannot be changed",
				slog.String("path", path), slog.String("reason", err.Error()))
			continue
		}
		log.Warn("others could read stored data: only the owner may, from now on",
			slog.String("path", path), slog.String("mode", info.Mode().Perm().String()))
	}
}
