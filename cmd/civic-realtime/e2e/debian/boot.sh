#!/bin/sh
# Becomes the first process of a machine whose root is folder $1. It is started in new namespaces
# for mounts, processes, network, IPC and host names, and in a control group of its own.
set -e
root=$1
mount --make-rprivate /
mount -t overlay -o "lowerdir=$2,upperdir=$3,workdir=$4" overlay "$root"
cd "$root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,ro,bind proc/sys
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
	touch dev/$device
	mount --bind /dev/$device dev/$device
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir run/old
exec unshare --cgroup sh -ec '
	mount -t cgroup2 cgroup2 sys/fs/cgroup
	pivot_root . run/old
	exec chroot . sh -ec "
		umount -l /run/old
		exec setpriv --bounding-set=-sys_module,-sys_time,-sys_rawio,-sys_boot,-syslog,-mknod \
			env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system"'
