/* SPDX-License-Identifier: MIT */
/* codec_pass: standard input to standard output as every filter does it:
 * each line read, validated, forwarded. */
#include <stdio.h>
#include <unistd.h>

#include "stream/input.h"

int
main(int argc, char **argv)
{
	struct intern *names = intern_new(0);
	struct diag *diag = diag_new("codec_pass");
	struct writer *w = writer_open(STDOUT_FILENO, "<stdout>", WRITER_BATCH);
	struct input_options o = {.files = argv + 1,
	    .nfiles = argc - 1,
	    .names = names,
	    .diag = diag,
	    .pass = w};
	struct input *in = input_open(&o);
	struct record r;
	struct nc_err e;
	int rc;

	while (input_next(in, true, &r, &e) == INPUT_RECORD)
		;
	rc = input_counts(in)->bad != 0;
	input_close(in);
	if (writer_close(w, &e) == -1)
		rc = 3;
	intern_free(names);
	diag_free(diag);
	return rc;
}
