/* SPDX-License-Identifier: MIT */
/*
 * What QEMU's command lines and threads, and the names of control groups,
 * say.
 * tool: nc-collect
 */
#include <stdlib.h>

#include "cgroup.h"
#include "container/container.h"
#include "qemu/command.h"
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

int
main(void)
{
	test_command();
	test_threads();
	test_kinds();
	test_paths();
	return tap_done();
}
