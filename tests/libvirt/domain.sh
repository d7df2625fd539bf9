#!/bin/bash
# domain.sh NAME NN GUEST DIR [KERNEL ARGUMENTS]: the XML of a Linux guest
# under TCG with a disk on an iothread, two interfaces and a balloon, its disk
# and console in DIR.  NN: two hex digits, the end of its UUID and MACs.
# With NAME beginning with "tiny" the boot sector under KVM instead; "idle"
# has a guest agent besides.
# shellcheck disable=SC2001
set -eu
name=$1 nn=$2 guest=$3 dir=$4
uuid=0b1a5c3e-0000-4000-8000-0000000000$nn
interface="<interface type='ethernet'><mac address='52:54:00:00:$nn:02'/>
<target dev='nce$nn'/><model type='virtio'/><rom enabled='no'/></interface>"
initrd=$guest/initrd.gz channel=
case $name in
idle)
	initrd=$guest/agent.gz
	channel="<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
	;;
tiny*)
	cp "$guest/tiny.img" "$dir/$name.raw"
	cat <<-END
	<domain type='kvm'><name>$name</name><uuid>$uuid</uuid>
	<memory unit='MiB'>16</memory><vcpu>2</vcpu>
	<os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
	<features><acpi/></features>
	<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
	<disk type='file' device='disk'><driver name='qemu' type='raw'/>
	<source file='$dir/$name.raw'/><target dev='vda' bus='virtio'/></disk>
	<controller type='usb' model='none'/>
	$interface
	<serial type='file'><source path='$dir/$name.console'/></serial>
	</devices></domain>
	END
	exit 0
	;;
esac
[ -e "$dir/$name.raw" ] || truncate -s 16M "$dir/$name.raw"
cat <<END
<domain type='qemu'><name>$name</name><uuid>$uuid</uuid>
<title>The $name of the tests</title>
<metadata><t:owner xmlns:t='urn:nc:tenant'>acme</t:owner>
<libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'><libosinfo:os id='http://debian.org/debian/12'/></libosinfo:libosinfo>
</metadata>
<memory unit='MiB'>96</memory><vcpu>2</vcpu><iothreads>1</iothreads>
<os><type arch='x86_64' machine='pc'>hvm</type>
<kernel>$guest/vmlinuz</kernel><initrd>$initrd</initrd>
<cmdline>console=ttyS0 quiet panic=-1 tsc=unstable unknown_nmi_panic ${5-}</cmdline></os>
<features><acpi/><tcg><tb-cache unit='MiB'>32</tb-cache></tcg></features>
<cpu mode='maximum'/>
<on_poweroff>destroy</on_poweroff><on_crash>destroy</on_crash>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'>
<driver name='qemu' type='raw' cache='none' io='threads' iothread='1' error_policy='stop'/>
<source file='$dir/$name.raw'/><target dev='vda' bus='virtio'/></disk>
<controller type='usb' model='none'/>
<interface type='bridge'><mac address='52:54:00:00:$nn:01'/>
<source bridge='ncbr0'/><target dev='nct$nn'/><model type='virtio'/>
<rom enabled='no'/></interface>
$interface
<serial type='file'><source path='$dir/$name.console'/><target port='0'/></serial>
$channel
<panic model='isa'/>
<memballoon model='virtio'><stats period='1'/></memballoon></devices></domain>
END
