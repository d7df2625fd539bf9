/* SPDX-License-Identifier: MIT */
/*
 * top_meter: what a program on a screen costs: bytes and CPU a refresh.
 *   top_meter COLS ROWS SECONDS ROUNDS COMMAND ...
 * Runs COMMAND in a pseudo terminal of that size and throws away what it
 * draws.  ROUNDS is a file of records with a blank line between rounds, fed
 * to standard input a round a second; "-": the terminal is.  The first two
 * seconds do not count.  CPU is that of the process and its threads, from
 * schedstat of each task.
 *   output: refreshes bytes-p50 bytes-p90 cpu-ms-a-refresh ms-to-first-paint
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP 2.5
/* Bytes this close together belong to one refresh. */
#define GAP 0.1
#define REFRESHES 4096
#define PAINT 300

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu(pid_t pid)
{
	char path[300];
	unsigned long long ns, all = 0;
	struct dirent *d;
	FILE *f;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	if ((dir = opendir(path)) == NULL)
		return 0;
	while ((d = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat",
		    (int)pid, d->d_name);
		if (d->d_name[0] != '.' && (f = fopen(path, "r")) != NULL) {
			if (fscanf(f, "%llu", &ns) == 1)
				all += ns;
			fclose(f);
		}
	}
	closedir(dir);
	return (double)all / 1e9;
}

/* What is on its way to standard input. */
struct pour {
	FILE *rounds; /* NULL: nothing */
	int to;
	char *all;
	size_t used, done, room;
};

/* One round of the file, up to its blank line. */
static void
load(struct pour *p)
{
	char line[8192];
	size_t len;

	while (
	    fgets(line, sizeof(line), p->rounds) != NULL && line[0] != '\n') {
		len = strlen(line);
		if (p->used + len > p->room) {
			p->room = 2 * p->room + len + (1 << 20);
			if ((p->all = realloc(p->all, p->room)) == NULL)
				exit(3);
		}
		memcpy(p->all + p->used, line, len);
		p->used += len;
	}
}

/* As much as goes: the screen is to be read meanwhile, or both sides wait
 * for each other. */
static void
feed(struct pour *p)
{
	ssize_t rc = write(p->to, p->all + p->done, p->used - p->done);

	if (rc > 0)
		p->done += (size_t)rc;
	if (p->done == p->used)
		p->done = p->used = 0;
}

static int
ascending(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
report(long *sizes, int n, double seconds, double paint)
{
	qsort(sizes, (size_t)n, sizeof(*sizes), ascending);
	printf("%d %ld %ld %.3f %.0f\n", n, n != 0 ? sizes[n / 2] : 0,
	    n != 0 ? sizes[n * 9 / 10] : 0, n != 0 ? seconds * 1000 / n : 0,
	    paint * 1000);
}

static pid_t
start(const char *cols, const char *rows, char **argv, FILE *rounds,
    int *master, int *to)
{
	struct winsize size = {.ws_row = (unsigned short)atoi(rows),
	    .ws_col = (unsigned short)atoi(cols)};
	int pipes[2];
	pid_t pid;

	if (pipe(pipes) == -1 ||
	    (pid = forkpty(master, NULL, NULL, &size)) == -1)
		exit(3);
	if (pid == 0) {
		if (rounds != NULL)
			dup2(pipes[0], STDIN_FILENO);
		close(pipes[0]);
		close(pipes[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(pipes[0]);
	*to = pipes[1];
	return pid;
}

int
main(int argc, char **argv)
{
	static long sizes[REFRESHES];
	static char drawn[65536];
	struct pour pour = {0};
	int master, n = 0;
	double began, end, last = 0, next, before = -1, paint = 0, t;
	long first = 0;
	struct pollfd p[2];
	ssize_t len;
	pid_t pid;

	if (argc < 6)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(argv[4], "-") != 0 &&
	    (pour.rounds = fopen(argv[4], "r")) == NULL)
		return 3;
	pid = start(argv[1], argv[2], argv + 5, pour.rounds, &master, &pour.to);
	fcntl(pour.to, F_SETFL, O_NONBLOCK);
	began = next = now();
	end = began + WARM_UP + atof(argv[3]);
	while ((t = now()) < end) {
		if (pour.rounds != NULL && t >= next) {
			load(&pour);
			next += 1;
		}
		if (before < 0 && t >= began + WARM_UP)
			before = cpu(pid);
		p[0] = (struct pollfd){master, POLLIN, 0};
		p[1] = (struct pollfd){pour.to, POLLOUT, 0};
		if (poll(p, pour.used != 0 ? 2 : 1, 20) <= 0)
			continue;
		if (pour.used != 0 && p[1].revents != 0)
			feed(&pour);
		if (p[0].revents == 0)
			continue;
		if ((len = read(master, drawn, sizeof(drawn))) <= 0)
			break;
		t = now();
		/* Some hundred bytes are more than a terminal set up. */
		if (first < PAINT && (first += len) >= PAINT)
			paint = t - began;
		if (t < began + WARM_UP)
			continue;
		if ((t - last > GAP || n == 0) && n < REFRESHES)
			sizes[n++] = 0;
		if (n != 0)
			sizes[n - 1] += len;
		last = t;
	}
	report(sizes, n, before < 0 ? 0 : cpu(pid) - before, paint);
	kill(pid, SIGTERM);
	close(master);
	usleep(200000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}
