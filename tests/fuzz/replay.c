/* SPDX-License-Identifier: MIT */
/*
 * replay: runs a fuzz target over its corpus, tests/fuzz/corpus/X for
 * replay_X, without a fuzzer, and speaks TAP.  A crash is the failure: the
 * last line then names the file before.  Never changes the corpus.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *path)
{
	uint8_t *data = NULL;
	size_t size = 0, cap = 0, n;
	FILE *fp = fopen(path, "rb");

	if (fp == NULL)
		return -1;
	do {
		uint8_t *exact;

		if (size == cap) {
			cap = cap == 0 ? 4096 : cap * 2;
			if ((exact = realloc(data, cap)) == NULL)
				abort();
			data = exact;
		}
		n = fread(data + size, 1, cap - size, fp);
		size += n;
	} while (n != 0);
	fclose(fp);
	/* Exactly as large as the input, so that a sanitizer sees overruns. */
	if (size != 0) {
		uint8_t *exact = malloc(size);

		if (exact == NULL)
			abort();
		memcpy(exact, data, size);
		free(data);
		data = exact;
	}
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int
is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "replay_");
	char path[4096];
	struct dirent **list;
	int count, bad = 0;

	if (name == NULL || argc > 2) {
		fprintf(stderr, "usage: replay_TARGET [CORPUS]\n");
		return 2;
	}
	snprintf(path, sizeof(path), "tests/fuzz/corpus/%s",
	    name + strlen("replay_"));
	if (argc == 2)
		snprintf(path, sizeof(path), "%s", argv[1]);
	count = scandir(path, &list, is_visible, alphasort);
	if (count <= 0) {
		printf("1..1\nnot ok 1 - %s: %s\n", path,
		    count == 0 ? "empty" : strerror(errno));
		return 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		char file[sizeof(path) + 300];

		snprintf(file, sizeof(file), "%s/%s", path, list[i]->d_name);
		if (replay_file(file) == -1) {
			printf("not ok %d - %s: %s\n", i + 1, file,
			    strerror(errno));
			bad = 1;
		} else
			printf("ok %d - %s\n", i + 1, file);
		fflush(stdout);
		free(list[i]);
	}
	free(list);
	return bad;
}
