package doctor

import "syscall"

// fileSystem describes the file system of a directory.
type fileSystem struct {
	kind         string // "" : unknown
	free, size   uint64 // bytes; free for this user
	files, total uint64 // that can still be made, and in all; 0 in all: unlimited
}

// kinds are the magic numbers of file systems (statfs(2)).
var kinds = map[int64]string{
	0xef53: "ext4", 0x58465342: "xfs", 0x9123683e: "btrfs", 0x2fc12fc1: "zfs", 0x01021994: "tmpfs",
	0x6969: "nfs", 0xff534d42: "cifs", 0xfe534d42: "smb2", 0x65735546: "fuse", 0x794c7630: "overlay",
	0xf2f52010: "f2fs", 0x517b: "smb", 0x01021997: "9p", 0xca451a4e: "bcachefs",
}

func statFS(dir string) (f fileSystem, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return f, err
	}
	block := uint64(s.Bsize)
	return fileSystem{
		kind: kinds[int64(s.Type)], free: s.Bavail * block, size: s.Blocks * block,
		files: s.Ffree, total: s.Files,
	}, nil
}
