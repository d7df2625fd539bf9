/* SPDX-License-Identifier: MIT */
/*
 * fault: LD_PRELOAD shim that makes system calls fail on request, so that
 * error paths are walked by tests.  NC_FAULT is a list of
 *	CALL=ERROR@FIRST[+[EVERY]]
 * with CALL one of open read write fsync rename ftruncate malloc (and what
 * does the same: pwrite, fdatasync, syncfs), ERROR an errno's name, or
 * "short" (read and write move one byte), FIRST the call that fails (1 is the first), "+" all from there, "+3" each third.  With
 * NC_FAULT_PROG only programs of that name suffer; with NC_FAULT_PATH open
 * only where the path contains it.  Standard error is never touched; malloc
 * fails for the program's own calls, not for those of its libraries.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHORT (-1)

enum call { OPEN, READ, WRITE, FSYNC, RENAME, FTRUNCATE, MALLOC, CALLS };

struct fault {
	int error; /* 0: never fails */
	long first, every; /* every 0: once */
	atomic_long count;
};

/* The interposed functions have no argument to carry this in. */
static struct fault faults[CALLS];
static const char *only_path;
static uintptr_t program_start, program_end;

/* The real allocators under the names glibc keeps for interposers. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);

static int
error_number(const char *name, size_t len)
{
	static const struct {
		const char *name;
		int number;
	} errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EINTR", EINTR},
	    {"EAGAIN", EAGAIN}, {"EPIPE", EPIPE}, {"EACCES", EACCES},
	    {"ENOMEM", ENOMEM}, {"EMFILE", EMFILE}, {"EROFS", EROFS},
	    {"EDQUOT", EDQUOT}, {"short", SHORT}};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strlen(errors[i].name) == len &&
		    strncmp(errors[i].name, name, len) == 0)
			return errors[i].number;
	return 0;
}

static void
parse_one(const char *spec)
{
	static const char *const calls[CALLS] = {"open", "read", "write",
	    "fsync", "rename", "ftruncate", "malloc"};
	const char *equals = strchr(spec, '=');
	const char *at = strchr(spec, '@');
	char *end;

	for (int i = 0; i < CALLS && equals != NULL && at > equals; i++) {
		struct fault *f = &faults[i];

		if (strncmp(spec, calls[i], (size_t)(equals - spec)) != 0 ||
		    calls[i][equals - spec] != '\0')
			continue;
		f->first = strtol(at + 1, &end, 10);
		if (*end == '+') {
			f->every = strtol(end + 1, &end, 10);
			if (f->every == 0)
				f->every = 1;
		}
		f->error = error_number(equals + 1, (size_t)(at - equals - 1));
		if (f->error != 0 && f->first > 0 &&
		    (*end == ',' || *end == '\0'))
			return;
	}
	fprintf(stderr, "fault: bad NC_FAULT at \"%s\"\n", spec);
	_exit(99);
}

/* The first object is the program itself. */
static int
find_program(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && (p->p_flags & PF_X) != 0) {
			program_start = info->dlpi_addr + p->p_vaddr;
			program_end = program_start + p->p_memsz;
		}
	}
	return 1;
}

__attribute__((constructor)) static void
fault_start(void)
{
	const char *spec = getenv("NC_FAULT");
	const char *prog = getenv("NC_FAULT_PROG");

	only_path = getenv("NC_FAULT_PATH");
	dl_iterate_phdr(find_program, NULL);
	if (prog != NULL && strcmp(prog, program_invocation_short_name) != 0)
		return;
	while (spec != NULL && *spec != '\0') {
		parse_one(spec);
		spec = strchr(spec, ',');
		if (spec != NULL)
			spec++;
	}
}

/* The error this call is to fail with, SHORT, or 0. */
static int
fault_hit(enum call call)
{
	struct fault *f = &faults[call];
	long n;

	if (f->error == 0)
		return 0;
	n = atomic_fetch_add(&f->count, 1) + 1 - f->first;
	if (n < 0 || (f->every == 0 ? n != 0 : n % f->every != 0))
		return 0;
	if (f->error != SHORT)
		errno = f->error;
	return f->error;
}

#define REAL(result, name, ...) \
	static result (*real)(__VA_ARGS__); \
	if (real == NULL) \
	*(void **)&real = dlsym(RTLD_NEXT, name)

static int
open_hit(const char *path)
{
	if (only_path != NULL && strstr(path, only_path) == NULL)
		return 0;
	return fault_hit(OPEN);
}

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	REAL(int, "open", const char *, int, ...);

	va_start(ap, flags);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return open_hit(path) ? -1 : real(path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	REAL(int, "openat", int, const char *, int, ...);

	va_start(ap, flags);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return open_hit(path) ? -1 : real(dir, path, flags, mode);
}

ssize_t
read(int fd, void *to, size_t len)
{
	int error = fault_hit(READ);
	REAL(ssize_t, "read", int, void *, size_t);

	if (error > 0)
		return -1;
	return real(fd, to, error == SHORT && len > 1 ? 1 : len);
}

ssize_t
write(int fd, const void *from, size_t len)
{
	int error = fd == STDERR_FILENO ? 0 : fault_hit(WRITE);
	REAL(ssize_t, "write", int, const void *, size_t);

	if (error > 0)
		return -1;
	return real(fd, from, error == SHORT && len > 1 ? 1 : len);
}

ssize_t
pwrite(int fd, const void *from, size_t len, off_t at)
{
	int error = fault_hit(WRITE);
	REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);

	if (error > 0)
		return -1;
	return real(fd, from, error == SHORT && len > 1 ? 1 : len, at);
}

int
fsync(int fd)
{
	REAL(int, "fsync", int);
	return fault_hit(FSYNC) ? -1 : real(fd);
}

int
fdatasync(int fd)
{
	REAL(int, "fdatasync", int);
	return fault_hit(FSYNC) ? -1 : real(fd);
}

int
syncfs(int fd)
{
	REAL(int, "syncfs", int);
	return fault_hit(FSYNC) ? -1 : real(fd);
}

int
rename(const char *from, const char *to)
{
	REAL(int, "rename", const char *, const char *);
	return fault_hit(RENAME) ? -1 : real(from, to);
}

int
ftruncate(int fd, off_t len)
{
	REAL(int, "ftruncate", int, off_t);
	return fault_hit(FTRUNCATE) ? -1 : real(fd, len);
}

static int
malloc_hit(const void *caller)
{
	uintptr_t from = (uintptr_t)caller;

	return from >= program_start && from < program_end && fault_hit(MALLOC);
}

void *
malloc(size_t size)
{
	return malloc_hit(__builtin_return_address(0)) ? NULL
						       : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return malloc_hit(__builtin_return_address(0))
		   ? NULL
		   : __libc_calloc(count, size);
}

void *
realloc(void *p, size_t size)
{
	return malloc_hit(__builtin_return_address(0))
		   ? NULL
		   : __libc_realloc(p, size);
}

void *
reallocarray(void *p, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return malloc_hit(__builtin_return_address(0))
		   ? NULL
		   : __libc_realloc(p, bytes);
}
