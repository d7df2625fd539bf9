/* SPDX-License-Identifier: MIT */
/* Unit tests of afile, lock, checked, statedir and self, in a folder that is
 * gone at the end. */
#include "base/afile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/statedir.h"
#include "tap.h"

static char text[8192];

static void
put(const char *path, const char *s, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	if (fd == -1 || write(fd, s, len) != (ssize_t)len)
		abort();
	close(fd);
}

static const char *
get(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd != -1 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd != -1)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n >= 0 ? text : NULL;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

/* Files in the folder: a temporary one left behind is one too many. */
static unsigned
count_here(void)
{
	unsigned n = 0;
	FILE *f;
	char line[256];

	f = popen("ls -A", "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		n++;
	if (f != NULL)
		pclose(f);
	return n;
}

static void
test_write(void)
{
	struct nc_err e;
	struct afile *f;
	unsigned before;

	umask(022);
	OK(afile_write("new", span_of("one\n"), 0604, &e) == 0, "a new file");
	SAME(get("new"), "one\n", "its bytes");
	OK(mode_of("new") == 0604, "its mode");
	chmod("new", 0440);
	OK(afile_write("new", span_of("two\n"), 0600, &e) == 0, "again");
	SAME(get("new"), "two\n", "replaced");
	OK(mode_of("new") == 0440, "mode kept");
	OK(afile_write("empty", (struct span){NULL, 0}, 0600, &e) == 0,
	    "nothing at all");
	SAME(get("empty"), "", "is a file");

	if (symlink("target", "link") == -1 || mkdir("sub", 0700) == -1 ||
	    symlink("../link", "sub/hop") == -1 || symlink("loop", "loop"))
		abort();
	OK(afile_write("sub/hop", span_of("3"), 0600, &e) == 0,
	    "through links to a file that is not there yet");
	SAME(get("target"), "3", "written where they lead");
	OK(readlink("link", text, sizeof(text)) == 6, "the link is one still");
	OK(afile_write("loop", span_of("x"), 0600, &e) == -1 && e.code == ELOOP,
	    "links in a circle");

	before = count_here();
	f = afile_begin("new", 0600, &e);
	afile_add(f, span_of("half"), &e);
	afile_abort(f);
	afile_abort(NULL);
	SAME(get("new"), "two\n", "given up: the old bytes");
	OK(count_here() == before, "and nothing left behind");
	f = afile_begin("pieces", 0600, &e);
	afile_add(f, span_of("a"), &e);
	OK(write(afile_fd(f), "b", 1) == 1, "the descriptor may be used");
	afile_add(f, span_of("c"), &e);
	OK(afile_commit(f, &e) == 0, "committed");
	SAME(get("pieces"), "abc", "pieces in order");
	OK(afile_write("no/where", span_of("x"), 0600, &e) == -1 &&
		e.code == ENOENT,
	    "no such folder");
	f = afile_begin("sub/dir", 0600, &e);
	if (mkdir("sub/dir", 0700) == -1)
		abort();
	OK(afile_commit(f, &e) == -1, "a folder stands there by now");
	SAME(e.msg, "cannot replace sub/dir: Is a directory", "says so");
}

/* In a child: a file size limit stands for a full disk. */
static int
write_too_much(void)
{
	struct nc_err e;
	struct rlimit limit = {1000, 1000};
	static char big[5000];

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	if (afile_write("new", (struct span){big, sizeof(big)}, 0600, &e) == 0)
		return 1;
	return strcmp(e.msg, "new: cannot write: File too large") == 0 ? 0 : 2;
}

static void
test_full(void)
{
	unsigned before = count_here();
	int status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0)
		exit(write_too_much());
	waitpid(pid, &status, 0);
	OK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "no room: an error");
	SAME(get("new"), "two\n", "the old bytes stand");
	OK(count_here() == before, "nothing left behind");
}

static void
test_read(void)
{
	struct buf b = {0};
	struct nc_err e;

	put("ten", "0123456789", 10);
	buf_adds(&b, "x");
	OK(afile_read("ten", 10, &b, &e) == 0, "just as long as allowed");
	SAME(b.data, "x0123456789", "appended");
	OK(afile_read("ten", 9, &b, &e) == -1 && e.code == EFBIG, "too long");
	SAME(b.data, "x0123456789", "nothing added");
	SAME(e.msg, "ten: longer than 9 bytes", "says so");
	OK(afile_read("none", 9, &b, &e) == -1 && e.code == ENOENT, "absent");
	SAME(e.msg, "none: cannot open: No such file or directory", "so");
	OK(afile_read("sub", 9, &b, &e) == -1 && e.code == EISDIR, "folder");
	buf_clear(&b);
	OK(afile_read("/proc/self/status", 65536, &b, &e) == 0 && b.len > 100,
	    "a file that says it is empty");
	OK(afile_read("/proc/self/status", 100, &b, &e) == -1 &&
		e.code == EFBIG,
	    "and is too long");
	buf_free(&b);
	OK(afile_read("none", 9, &b, &e) == -1, "into an empty buffer");
	buf_free(&b);
}

static void
test_mkdir(void)
{
	struct nc_err e;

	OK(afile_mkdir("a/b//c", 0750, &e) == 0 && mode_of("a/b/c") == 0750,
	    "all of a path");
	OK(afile_mkdir("a/b/c/", 0700, &e) == 0 && mode_of("a/b/c") == 0750,
	    "fine if it is there");
	OK(afile_mkdir("/", 0700, &e) == 0, "the root is there");
	OK(afile_mkdir("ten/x", 0700, &e) == -1, "below a file");
	OK(strstr(e.msg, "cannot create ten") != NULL, "says where");
	OK(afile_mkdir("ten", 0700, &e) == -1 && e.code == ENOTDIR,
	    "a file stands there");
}

static void
test_lock(void)
{
	struct nc_err e;
	struct lock *l = lock_take("lock", "nc-x", 0, &e);
	int64_t before;
	char want[80];
	int status, p[2];
	pid_t pid;
	char c;

	OK(l != NULL, "taken");
	OK(lock_take("lock", "nc-y", 0, &e) == NULL && e.code == EAGAIN,
	    "not twice");
	snprintf(want, sizeof(want), "lock: held by nc-x (pid %ld)",
	    (long)getpid());
	SAME(e.msg, want, "says who holds it");
	before = clock_mono_ns();
	OK(lock_take("lock", "nc-y", 0.12, &e) == NULL, "waited for");
	OK(clock_mono_ns() - before >= 120 * 1000000L, "as long as asked");
	lock_free(l);
	lock_free(NULL);
	SAME(get("lock"), "", "let go: nobody's name in it");

	/* Held by another process, which lets it go by dying. */
	if (pipe(p) == -1)
		abort();
	fflush(stdout);
	if ((pid = fork()) == 0) {
		l = lock_take("lock", "nc-z", 0, &e);
		if (write(p[1], "x", 1) != 1 || l == NULL)
			_exit(1);
		usleep(100000);
		kill(getpid(), SIGKILL);
	}
	if (read(p[0], &c, 1) != 1)
		abort();
	l = lock_take("lock", "nc-x", 5, &e);
	OK(l != NULL, "taken as soon as the holder is dead");
	waitpid(pid, &status, 0);
	OK(WIFSIGNALED(status), "however it died");
	lock_free(l);
	OK(lock_take("no/lock", "nc-x", 0, &e) == NULL && e.code == ENOENT,
	    "no such folder");
	put("silent", "", 0);
	close(p[0]);
	close(p[1]);
}

static enum checked
read_checked(unsigned version, struct buf *b, unsigned *found, struct nc_err *e)
{
	buf_clear(b);
	e->msg[0] = '\0';
	return checked_read("state", "nc-test", version, 4096, b, found, e);
}

/* The header, with these lines and payloads, is corrupt. */
static void
test_corrupt(struct buf *b)
{
	static const struct {
		const char *bytes, *why;
	} t[] = {
	    {"", "no header"},
	    {"no line feed", "no header"},
	    {"other 1 0 00\n", "not a file of this kind"},
	    {"nc-test x 0 00\n", "malformed header"},
	    {"nc-test 1 -1 00\n", "malformed header"},
	    {"nc-test 1\n", "malformed header"},
	    {"nc-test 1 3 00\nab", "cut off"},
	    {"nc-test 1 1 00\nab", "bytes behind its end"},
	    {"nc-test 1 2 00\nab", "checksum does not match"},
	    {"nc-test 99 2 00\nab", "checksum does not match"},
	};
	struct nc_err e;
	unsigned found = 77;
	char want[200], name[32];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		put("state", t[i].bytes, strlen(t[i].bytes));
		if (i == 9) {
			OK(read_checked(1, b, &found, &e) == CHECKED_FAILED,
			    "ten are too many");
			SAME(e.msg,
			    "state: checksum does not match; too many files "
			    "state.bad* already",
			    "says so");
			SAME(get("state"), t[i].bytes, "and stays");
			continue;
		}
		snprintf(name, sizeof(name),
		    i == 0 ? "state.bad" : "state.bad%zu", i + 1);
		OK(read_checked(1, b, &found, &e) == CHECKED_CORRUPT, t[i].why);
		snprintf(want, sizeof(want), "state: %s; kept as %s", t[i].why,
		    name);
		SAME(e.msg, want, "says so");
		SAME(get(name), t[i].bytes, "kept as it was");
		OK(get("state") == NULL, "out of the way");
	}
	OK(b->len == 0 && found == 77, "nothing is believed");
}

static void
test_checked(void)
{
	struct buf b = {0};
	struct nc_err e;
	unsigned found = 0;
	int flips = 0;
	char *saved;
	size_t len;

	OK(read_checked(1, &b, &found, &e) == CHECKED_ABSENT, "absent");
	OK(checked_write("state", "nc-test", 2, span_of("a\nb\0"), &e) == 0,
	    "written");
	SAME(get("state"),
	    "nc-test 2 3 "
	    "73b0abf01e95641c5c1075bd3a2a49b00f1d18bb255639d9fa373dd07bbbd1ed"
	    "\na\nb",
	    "one header line, then the bytes");
	OK(mode_of("state") == 0600, "for us alone");
	OK(read_checked(2, &b, &found, &e) == CHECKED_GOOD && found == 2,
	    "read");
	SAME(b.data, "a\nb", "the payload");
	OK(read_checked(3, &b, &found, &e) == CHECKED_GOOD && found == 2,
	    "read by a later program");
	OK(read_checked(1, &b, &found, &e) == CHECKED_NEWER, "newer: refused");
	SAME(e.msg,
	    "state: written by a newer program (version 2, this one knows 1)",
	    "says so");
	OK(read_checked(2, &b, &found, &e) == CHECKED_GOOD, "and untouched");

	/* Any flipped bit is corruption. */
	len = strlen(get("state"));
	saved = strdup(text);
	for (size_t i = 0; i < len * 8; i++) {
		saved[i / 8] ^= (char)(1 << i % 8);
		put("state", saved, len);
		saved[i / 8] ^= (char)(1 << i % 8);
		flips += read_checked(2, &b, &found, &e) == CHECKED_CORRUPT;
		unlink("state.bad");
	}
	OK(flips == (int)len * 8, "each bit counts");
	free(saved);
	test_corrupt(&b);
	unlink("state");
	if (mkdir("state", 0700) == -1)
		abort();
	OK(read_checked(1, &b, &found, &e) == CHECKED_FAILED, "unreadable");
	OK(strstr(e.msg, "state: cannot read") != NULL, "says so");
	OK(checked_write("no/x", "m", 1, span_of(""), &e) == -1, "no folder");
	buf_free(&b);
}

static void
test_statedir(void)
{
	static const struct {
		struct statedir_from from;
		const char *want;
	} t[] = {
	    {{"nc-x", "D", "E", "/X", "/H", true, NULL}, "D"},
	    {{"nc-x", "", "E", "/X", "/H", true, NULL}, "E/nc-x"},
	    {{"nc-x", NULL, "", "/X", "/H", true, NULL},
		"/var/lib/novacron/nc-x"},
	    {{"nc-x", NULL, NULL, "/X", "/H", false, NULL}, "/X/novacron/nc-x"},
	    {{"nc-x", NULL, NULL, "rel", "/H", false, NULL},
		"/H/.local/state/novacron/nc-x"},
	    {{"nc-x", NULL, NULL, NULL, "/H", false, NULL},
		"/H/.local/state/novacron/nc-x"},
	    {{"nc-x", NULL, NULL, NULL, "", false, NULL}, NULL},
	};
	struct nc_err e;
	char *dir;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		dir = statedir_choose(&t[i].from, &e);
		SAME(dir, t[i].want, "state folder");
		free(dir);
	}
	SAME(e.msg, "no folder for state: give --state DIR or set NC_STATE_DIR",
	    "says what would help");
	dir = statedir_choose(&(struct statedir_from){.tool = "nc-x",
				  .option_name = "-d DIR"},
	    &e);
	SAME(dir, NULL, "nothing says where");
	SAME(e.msg, "no folder for state: give -d DIR or set NC_STATE_DIR",
	    "in the words of the tool");
}

static void
test_self(void)
{
	struct self_usage a, b;
	int fd;
	volatile unsigned spin = 0;
	int64_t until = clock_cpu_ns() + 12 * 1000000L;

	self_usage(&a);
	fd = open("/dev/null", O_RDONLY);
	while (clock_cpu_ns() < until)
		spin++;
	self_usage(&b);
	close(fd);
	OK(b.cpu_seconds > a.cpu_seconds && b.cpu_seconds < 60, "CPU time");
	OK(a.rss_bytes > 500000 && a.rss_max_bytes >= a.rss_bytes / 2,
	    "memory");
	OK(b.open_files == a.open_files + 1, "open files");
	OK(b.context_switches >= a.context_switches, "context switches");
}

#ifdef __SANITIZE_ADDRESS__
static void
test_memory(void)
{
	OK(1, "# SKIP the sanitizer's allocator ends the program itself");
}
#else
static int
allocate_too_much(void)
{
	char *p;

	close(STDERR_FILENO);
	p = xreallocarray(NULL, (size_t)-1 / 4, 2);
	return p != NULL;
}

static void
test_memory(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0)
		exit(allocate_too_much());
	waitpid(pid, &status, 0);
	OK(WIFEXITED(status) && WEXITSTATUS(status) == 3, "out of memory is 3");
}
#endif

int
main(void)
{
	char folder[] = "/tmp/test_afile.XXXXXX", command[64];
	int rc;

	if (mkdtemp(folder) == NULL || chdir(folder) == -1)
		return 1;
	test_write();
	test_full();
	test_read();
	test_mkdir();
	test_lock();
	test_checked();
	test_statedir();
	test_self();
	test_memory();
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	rc = system(command);
	return tap_done() || rc != 0;
}
