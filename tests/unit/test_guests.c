/* SPDX-License-Identifier: MIT */
/*
 * What QEMU's command lines and threads, and the names of control groups,
 * say.
 * tool: nc-collect
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "container/container.h"
#include "qemu/command.h"
#include "qemu/vf.h"
#include "qemu/threads.h"
#include "tap.h"

/* A command line with '|' for NUL. */
static bool
command(const char *text, struct command *c)
{
	char line[2048];
	size_t i, len = strlen(text);

	for (i = 0; i < len; i++)
		line[i] = text[i];
	for (i = 0; i < len; i++)
		if (line[i] == '|')
			line[i] = '\0';
	return command_parse((struct span){line, len}, c);
}

static void
test_command(void)
{
	struct command c;

	OK(command("/usr/bin/qemu-system-x86_64|-name|a,,b,process=x|-m|4G|"
		   "-smp|cpus=2,maxcpus=8|-uuid|"
		   "6695EB01-F6A4-8304-79AA-97F2502E193F|",
	       &c),
	    "a machine");
	SAME(c.name, "a,b", "a doubled comma is one");
	SAME(c.uuid, "6695eb01-f6a4-8304-79aa-97f2502e193f", "lower case");
	OK(c.mem_bytes == UINT64_C(4) << 30 && c.vcpus == 2 && c.vcpus_max == 8,
	    "its size");
	OK(command("qemu-kvm|-m|96|-uuid|no-uuid|-S|-name|x|", &c) &&
		*c.uuid == '\0' && c.mem_bytes == 96 << 20 && c.vcpus == 1,
	    "MiB and one processor unless said; what is no UUID is none");
	SAME(c.name, "x", "an option without a value takes none");
	OK(command("kvm|-m|99999999999999999999G|-m|12x|-smp|-1|-m|", &c) &&
		c.mem_bytes == 0,
	    "numbers that are none");
	OK(!command("qemu-img|convert|", &c) && !command("", &c) &&
		!command("qemu-system-x86_64|-M|none|", &c),
	    "no machines");
	OK(command("kvm|-netdev|{\"type\":\"tap\",\"fd\":\"30\",\"id\":\"h0\"}|"
		   "-device|{\"driver\":\"v\",\"netdev\":\"h0\","
		   "\"mac\":\"52:54:00:AA:00:01\"}|-netdev|user,id=u|-device|"
		   "v,netdev=h1,mac=52:54:00:AA:00:02|-netdev|"
		   "tap,fds=40:41,id=h1|-nic|tap,ifname=t9,mac=0:1|",
	       &c) &&
		c.nnics == 3,
	    "taps, in either order, as JSON and as text");
	OK(c.nic[0].fd == 30, "a descriptor");
	SAME(c.nic[0].mac, "52:54:00:aa:00:01", "and its address");
	OK(c.nic[1].fd == 40, "of several queues the first");
	SAME(c.nic[2].name, "t9", "a name");
	OK(command("kvm|-device|{\"driver\":\"vfio-pci\",\"host\":"
		   "\"0000:3b:02.1\",\"id\":\"h\"}|-device|"
		   "vfio-pci,host=05:00.0|-device|vfio-pci,host=x|"
		   "-device|e1000,host=1:2.3|",
	       &c) &&
		c.ndevices == 2,
	    "devices of the host");
	SAME(c.device[0], "0000:3b:02.1", "an address");
	SAME(c.device[1], "0000:05:00.0", "of the first domain");
	OK(command("kvm|-netdev|{\"type\":|-netdev|tap,,,=,|-device|,|", &c),
	    "what is not understood is left out");
}

static enum thread_class
class_of(const char *name, unsigned *vcpu)
{
	return thread_classify(name, false, vcpu);
}

static void
test_threads(void)
{
	unsigned n;

	OK(class_of("CPU 12/KVM", &n) == THREAD_VCPU && n == 12, "a processor");
	OK(class_of("ALL CPUs/TCG", &n) == THREAD_VCPU, "all in one");
	OK(class_of("CPU x/KVM", &n) == THREAD_EMULATOR, "a name like it");
	OK(class_of("IO iothread1", &n) == THREAD_IOTHREAD &&
		class_of("IO mon_iothread", &n) == THREAD_EMULATOR,
	    "storage, and the monitor's");
	OK(class_of("vhost-4242", &n) == THREAD_VHOST &&
		class_of("worker", &n) == THREAD_WORKER,
	    "others");
	OK(class_of("qemu-system-x86", &n) == THREAD_UNNAMED &&
		thread_classify("qemu-system-x86", true, &n) == THREAD_EMULATOR,
	    "one without a name; the first");
}

#define HEX16 "0123456789abcdef"
#define HEX64 HEX16 HEX16 HEX16 HEX16

static const char *
runtime(const char *path, const char *id)
{
	struct kind k;

	if (!kind_of(path, &k))
		return k.descend ? "below" : "never";
	return strcmp(k.id, id) == 0 ? k.runtime : "another id";
}

static void
test_kinds(void)
{
	SAME(runtime("/system.slice/docker-" HEX64 ".scope", HEX64), "docker",
	    "docker under systemd");
	SAME(runtime("/docker/" HEX64, HEX64), "docker", "docker alone");
	SAME(runtime("/kubepods.slice/cri-containerd-" HEX64 ".scope", HEX64),
	    "containerd", "a pod's");
	SAME(runtime("/kubepods/besteffort/pod1/" HEX64, HEX64), "containerd",
	    "a pod's without systemd");
	SAME(runtime("/machine.slice/libpod-" HEX64 ".scope", HEX64), "podman",
	    "podman");
	SAME(runtime("/machine.slice/libpod-conmon-" HEX64 ".scope", ""),
	    "never", "its monitor");
	SAME(runtime("/machine.slice/crio-conmon-" HEX64 ".scope", ""), "never",
	    "that of CRI-O");
	SAME(runtime("/machine.slice/machine-deb\\x2d12.scope", "deb-12"),
	    "nspawn", "escapes of systemd");
	SAME(runtime("/machine.slice/machine-lxc\\x2d7\\x2da\\x2db.scope",
		 "a-b"),
	    "libvirt-lxc", "libvirt's lxc");
	SAME(runtime("/machine/lxc-77-c1.libvirt-lxc", "c1"), "libvirt-lxc",
	    "without systemd");
	SAME(runtime("/machine.slice/machine-qemu\\x2d1\\x2dweb.scope", ""),
	    "never", "a machine");
	SAME(runtime("/machine/qemu-1-web.libvirt-qemu", ""), "never",
	    "a machine without systemd");
	SAME(runtime("/lxc.payload.box", "box"), "lxc", "lxc");
	SAME(runtime("/lxc/box", "box"), "lxc", "older lxc");
	SAME(runtime("/system.slice/ssh.service", ""), "below", "a service");
	SAME(runtime("/user.slice", ""), "below", "a slice");
	SAME(runtime("/x/" HEX16, ""), "below", "a short number");
	SAME(runtime("/", ""), "below", "the root");
	SAME(runtime("", ""), "below", "nothing");
	SAME(runtime("/a/\\x2", ""), "below", "half an escape");
	SAME(runtime("/machine.slice/machine-\\x00.scope", "\\x00"), "nspawn",
	    "a NUL is not unescaped");
}

static void
test_paths(void)
{
	struct cgroups v1 = {.v2 = false}, v2 = {.v2 = true};
	char *path[CGT_COUNT];

	cgroup_paths(&v1,
	    "9:name=systemd:/s\n4:cpu,cpuacct:/c d\n3:memory:/../up\n0::/u\n",
	    path);
	SAME(path[CGT_CPU], "/c d", "two controllers in one tree");
	SAME(path[CGT_CPUACCT], "/c d", "both");
	SAME(path[CGT_UNIFIED], "/u", "the v2 tree beside");
	SAME(path[CGT_SYSTEMD], "/s", "systemd's own");
	OK(path[CGT_MEMORY] == NULL, "outside of what we see: none");
	cgroup_paths_free(path);
	cgroup_paths(&v2, "0::/a:b\n", path);
	SAME(path[CGT_MEMORY], "/a:b", "v2: one for all, with a colon");
	cgroup_paths_free(path);
	cgroup_paths(&v2, "garbage\n::\n0:", path);
	OK(path[CGT_MEMORY] == NULL, "no paths in what is none");
	cgroup_paths_free(path);
}

/* Two functions of eth9 on a tree; the second is the machine's. */
static void
test_functions(void)
{
	static const char *const folders[] = {"", "/proc", "/sys", "/sys/bus",
	    "/sys/bus/pci", "/sys/bus/pci/devices",
	    "/sys/bus/pci/devices/0000:3b:00.0",
	    "/sys/bus/pci/devices/0000:3b:00.0/net",
	    "/sys/bus/pci/devices/0000:3b:00.0/net/eth9",
	    "/sys/bus/pci/devices/0000:3b:02.0",
	    "/sys/bus/pci/devices/0000:3b:02.1"};
	static const char *const links[][2] =
	    {{"/sys/bus/pci/devices/0000:3b:00.0/virtfn0", "../0000:3b:02.0"},
		{"/sys/bus/pci/devices/0000:3b:00.0/virtfn1",
		    "../0000:3b:02.1"},
		{"/sys/bus/pci/devices/0000:3b:02.1/physfn",
		    "../0000:3b:00.0"}};
	char root[] = "/tmp/nc-vf.XXXXXX", path[256];
	struct source_run run = {.root = root};
	struct vfs v = {.count = 0};
	struct command c;
	struct tree t;
	struct nc_err e;
	size_t i;

	if (mkdtemp(root) == NULL)
		return;
	for (i = 1; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		mkdir(path, 0700);
	}
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", root, links[i][0]);
		OK(symlink(links[i][1], path) == 0, "a link");
	}
	command("kvm|-device|vfio-pci,host=3b:02.1|-device|"
		"vfio-pci,host=3b:02.0|-device|vfio-pci,host=99:00.0|",
	    &c);
	snprintf(path, sizeof(path), "%s/proc/stat", root);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	if (tree_open(&t, &run, &e) == 0) {
		vfs_find(&v, &t, &c);
		tree_close(&t);
	}
	OK(v.count == 1 && v.list[0].number == 1, "which function it is");
	SAME(v.list[0].card, "eth9", "of which card");
	unlink(path);
	for (i = 3; i-- > 0;) {
		snprintf(path, sizeof(path), "%s%s", root, links[i][0]);
		unlink(path);
	}
	for (i = sizeof(folders) / sizeof(folders[0]); i-- > 0;) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		rmdir(path);
	}
}

int
main(void)
{
	test_command();
	test_functions();
	test_threads();
	test_kinds();
	test_paths();
	return tap_done();
}
