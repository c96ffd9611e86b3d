# Runs a command as a RUN instruction would: sh stage.sh ROOT WORKDIR COMMAND
# The image is this machine, and what is written to new folders of its root is below ROOT. It is run
# in a mount namespace of its own.
set -e
root=$1 workdir=$2 command=$3
for path in /*; do
  if [ -L "$path" ]; then cp -Pn "$path" "$root"
  elif [ -d "$path" ]; then mkdir -p "$root$path"; mount --rbind "$path" "$root$path"; fi
done
mkdir -p "$root$workdir"
exec chroot "$root" /bin/sh -c "cd '$workdir' && $command"
