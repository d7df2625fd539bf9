/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target (tool: nc-alert): rules of other programs; the first byte says
 * whose.  Whatever comes, what is made of it is read by our own reader.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../cmd/nc-alert/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct names *
names(struct diag *diag)
{
	static const char text[] = "host instance\nignore job mode\n"
				   "entity host.fs mountpoint=id\n"
				   "m host load1\nf{dim=a} host.fs free_ratio\n"
				   "f{dim=b} host.fs =(a-b) * 2\n"
				   "c{mode=idle} host.cpu x_total 1 -\n"
				   "info i\nfamily node_\n";
	char path[] = "/tmp/fuzz_import.XXXXXX";
	int fd = mkstemp(path);
	struct names *n;

	if (fd == -1 || write(fd, text, sizeof(text) - 1) == -1)
		abort();
	close(fd);
	n = names_read(path, diag);
	unlink(path);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct diag *diag;
	static struct names *table;
	struct importer im = {0};
	struct span text;
	struct nc_err e;

	if (size == 0 || size > 1 << 16)
		return 0;
	if (diag == NULL) {
		diag = diag_new("fuzz");
		table = names(diag);
	}
	im.names = table;
	im.diag = diag;
	im.path = "fuzz";
	im.quiet = true; /* what is refused is told to nobody */
	im.taken = map_new(NULL);
	text = (struct span){(const char *)data + 1, size - 1};
	if (data[0] & 1)
		import_prometheus(&im, text, &e);
	else
		import_netdata(&im, text, &e);
	map_free(im.taken, NULL);
	buf_free(&im.out);
	return 0;
}
