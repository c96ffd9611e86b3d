# Starts a command as a container would: sh run.sh ROOT VOLUME PLACE USER COMMAND…
# ROOT is mounted without the right to write, VOLUME at PLACE below it with it. It is run in mount
# and process namespaces of its own. USER may be empty.
set -e
root=$1 volume=$2 place=$3 user=$4
shift 4
mkdir -p "$root/proc" "$root/sys" "$root/dev"
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount --bind "$volume" "$root$place"
mount -o remount,ro,bind "$root"
exec chroot ${user:+--userspec="$user"} "$root" "$@"
