#!/bin/bash
# daemon.sh DIR [UUID]: becomes a libvirtd of its own, with all its folders and
# its sockets in DIR/run, and a bridge ncbr0 (10.0.2.2/24) in a network name space
# of its own.  What is compiled into libvirtd is mounted over in a mount name
# space; a new /sys hides the cgroups, hence they are carried over.
set -eu
dir=$1
# The folder of capabilities is kept when it is there: probing QEMU is slow.
mkdir -p "$dir"/{etc,lib,run,log,cache,cg}
getent group libvirt-qemu >/dev/null || groupadd --system libvirt-qemu
getent passwd libvirt-qemu >/dev/null ||
    useradd --system --no-create-home --home-dir /var/lib/libvirt \
	--shell /usr/sbin/nologin -g libvirt-qemu libvirt-qemu
cat >"$dir/etc/libvirtd.conf" <<END
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:file:$dir/log/libvirtd.log"
END
# Two of them on one machine, one as the other's neighbour.
[ $# -lt 2 ] || echo "host_uuid = \"$2\"" >>"$dir/etc/libvirtd.conf"
cat >"$dir/etc/qemu.conf" <<'END'
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
END
: >"$dir/etc/virtlogd.conf"
mkdir -p /etc/libvirt /var/lib/libvirt /run/libvirt /var/log/libvirt \
    /var/cache/libvirt
# shellcheck disable=SC2016 # for the inner shell
exec unshare -m -n -u --propagation private bash -c '
set -e
dir=$1
mount --rbind /sys/fs/cgroup "$dir/cg"
mount -t sysfs sysfs /sys
mount --rbind "$dir/cg" /sys/fs/cgroup
for p in etc:/etc/libvirt lib:/var/lib/libvirt run:/run/libvirt \
    log:/var/log/libvirt cache:/var/cache/libvirt; do
	mount --bind "$dir/${p%%:*}" "${p#*:}"
done
hostname nchyper
ip link set lo up
ip link add ncbr0 type bridge
ip addr add 10.0.2.2/24 dev ncbr0
ip link set ncbr0 up
[ -s "$dir/run/virtlogd.pid" ] && kill -0 "$(cat "$dir/run/virtlogd.pid")" ||
    /usr/sbin/virtlogd -f /etc/libvirt/virtlogd.conf \
	-p /run/libvirt/virtlogd.pid >"$dir/log/virtlogd.out" 2>&1 &
exec /usr/sbin/libvirtd -f /etc/libvirt/libvirtd.conf \
    -p /run/libvirt/libvirtd.pid >"$dir/log/libvirtd.out" 2>&1
' daemon "$dir"
