#!/bin/bash
# guest.sh DIR: a small Linux guest for QEMU: DIR/vmlinuz, DIR/initrd.gz,
# DIR/agent.gz (the same with a file system and the guest agent of QEMU) and
# tiny.img, a boot sector of 512 bytes that reads and writes a sector each
# second.  Made once, kept in DIR.  The kernel is Debian's for clouds; its
# package is fetched, not installed.
# Kernel arguments: nc.load=idle, nc.ip=ADDR/LEN.
set -eu
out=$1
[ ! -e "$out/ready" ] || [ ! -e "$out/agent.gz" ] || exit 0
rm -f "$out/ready"
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

package=$(apt-cache depends linux-image-cloud-amd64 |
    awk '/Depends: linux-image/ { print $2; exit }')
(cd "$work" && apt-get -q -o DPkg::Lock::Timeout=600 download "$package" \
    qemu-guest-agent >"$work/log" 2>&1) || { cat "$work/log"; exit 1; }
dpkg-deb -x "$work"/linux-image-*.deb "$work/kernel"
dpkg-deb -x "$work"/qemu-guest-agent*.deb "$work/ga"
modules=$(echo "$work"/kernel/lib/modules/*)/kernel
root=$work/root
mkdir -p "$root"/{bin,proc,sys,dev,mod,tmp}
cp /bin/busybox "$root/bin/"
n=10
# In the order of their needs.
for module in drivers/virtio/virtio_ring drivers/virtio/virtio \
    drivers/virtio/virtio_pci_modern_dev drivers/virtio/virtio_pci_legacy_dev \
    drivers/virtio/virtio_pci drivers/block/virtio_blk net/core/failover \
    drivers/net/net_failover drivers/net/virtio_net \
    drivers/virtio/virtio_balloon drivers/char/virtio_console \
    drivers/misc/pvpanic/pvpanic drivers/misc/pvpanic/pvpanic-mmio \
    drivers/input/evdev drivers/acpi/button; do
	cp "$modules/$module.ko" "$root/mod/$n-${module##*/}.ko"
	n=$((n + 1))
done
cat >"$root/init" <<'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for m in /mod/*.ko; do insmod $m 2>/dev/null || echo "insmod $m failed"; done
ip link set lo up
A=$(sed -n 's/.*nc.ip=\([^ ]*\).*/\1/p' /proc/cmdline)
L=$(sed -n 's/.*nc.load=\([^ ]*\).*/\1/p' /proc/cmdline)
[ -d /sys/class/net/eth0 ] && ip link set eth0 up && ip addr add ${A:-10.0.2.15/24} dev eth0
[ -x /bin/qemu-ga ] && mke2fs /dev/vda >/dev/null 2>&1 && mkdir /data &&
    mount -t ext4 /dev/vda /data && L=idle
[ -x /bin/qemu-ga ] && qemu-ga -m virtio-serial -p /dev/vport*p1 -t /tmp &
# The power button: virsh shutdown.
for e in /dev/input/event*; do
	[ -c $e ] && { dd if=$e of=/dev/null bs=24 count=1 2>/dev/null && poweroff -f; } &
done
echo "GUEST-READY $(cut -d' ' -f1 /proc/uptime)"
case $L in idle) while :; do sleep 60; done ;; esac
i=0
while :; do
	i=$((i + 1))
	dd if=/dev/zero of=/dev/vda bs=64k count=16 seek=$((i % 8 * 16)) oflag=direct 2>/dev/null
	dd if=/dev/vda of=/dev/null bs=64k count=16 iflag=direct 2>/dev/null
	[ -d /sys/class/net/eth0 ] && ping -c 2 -i 0.2 -W 1 10.0.2.2 >/dev/null 2>&1
	dd if=/dev/urandom bs=64k count=8 2>/dev/null | md5sum >/dev/null
	sleep 0.5
done
END
chmod 755 "$root/init"
(cd "$root" && find . | cpio -o -H newc -R 0:0 2>/dev/null | gzip -9) \
    >"$out/initrd.gz"
# Archives one behind the other are one to the kernel.
more=$work/more
mkdir -p "$more"/{bin,etc,lib64}
cp "$work/ga/usr/sbin/qemu-ga" "$more/bin/"
echo 'PRETTY_NAME="Guest of the tests"' >"$more/etc/os-release"
ldd "$more/bin/qemu-ga" | grep -oE '/[^ ]+' | while read -r lib; do
	mkdir -p "$more$(dirname "$lib")"
	cp -L "$lib" "$more$lib"
done
{
	cat "$out/initrd.gz"
	(cd "$more" && find . | cpio -o -H newc -R 0:0 2>/dev/null | gzip -9)
} >"$out/agent.gz"
cp "$work"/kernel/boot/vmlinuz-* "$out/vmlinuz"
# Sets up the stack, greets on COM1, then int 13h in a loop, halted between.
printf '%s' fa31c08ed88ec08ed0bc007cfb88163f7cbe407cac84c07406baf803eeebf5b4428a163f7cbe537ccd13b443b0008a163f7cbe537ccd13b91200f4e2fdebe00054494e592d47554553542d52454144590d0a0010000800008000001000000000000000 |
    xxd -r -p >"$out/tiny.img"
truncate -s 510 "$out/tiny.img"
printf '\125\252' >>"$out/tiny.img"
truncate -s 1M "$out/tiny.img"
: >"$out/ready"
