/* SPDX-License-Identifier: MIT */
/*
 * notify_sink: a receiver of web hooks that costs as little as can be: one
 * thread, connections that stay open, 204 to every request.  Prints its port,
 * runs until it is ended.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEERS 64
#define ROOM 65536u

struct peer {
	char data[ROOM];
	size_t len;
};

static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";

/* Bytes of the request at the front, 0: it is not whole. */
static size_t
whole(const char *p, size_t len)
{
	const char *end = memmem(p, len, "\r\n\r\n", 4), *n;
	size_t body = 0;

	if (end == NULL)
		return 0;
	n = memmem(p, (size_t)(end - p), "Content-Length: ", 16);
	if (n != NULL)
		body = strtoul(n + 16, NULL, 10);
	body += (size_t)(end - p) + 4;
	return body <= len ? body : 0;
}

/* 0 when the peer has gone. */
static int
serve(int fd, struct peer *p)
{
	ssize_t got = read(fd, p->data + p->len, ROOM - p->len);
	size_t n;

	if (got <= 0)
		return 0;
	p->len += (size_t)got;
	while ((n = whole(p->data, p->len)) != 0) {
		memmove(p->data, p->data + n, p->len - n);
		p->len -= n;
		if (write(fd, answer, sizeof(answer) - 1) == -1)
			return 0;
	}
	return 1;
}

int
main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	struct pollfd fds[PEERS];
	static struct peer peers[PEERS];
	socklen_t size = sizeof(at);
	nfds_t n = 1;

	fds[0] = (struct pollfd){.fd = socket(AF_INET, SOCK_STREAM, 0),
	    .events = POLLIN};
	if (bind(fds[0].fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    listen(fds[0].fd, PEERS) == -1 ||
	    getsockname(fds[0].fd, (struct sockaddr *)&at, &size) == -1)
		return 1;
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	while (poll(fds, n, -1) > 0) {
		if ((fds[0].revents & POLLIN) != 0 && n < PEERS) {
			fds[n] = (struct pollfd){.fd = accept(fds[0].fd, NULL,
						     NULL),
			    .events = POLLIN};
			peers[n++].len = 0;
		}
		for (nfds_t i = n; --i > 0;)
			if (fds[i].revents != 0 &&
			    !serve(fds[i].fd, &peers[i])) {
				close(fds[i].fd);
				fds[i] = fds[--n];
				memcpy(&peers[i], &peers[n], sizeof(*peers));
			}
	}
	return 0;
}
