/* SPDX-License-Identifier: MIT */
/*
 * output: where the records of all sources come together: each a whole line,
 * one write(2), or rendered for another reader.  A reader that does not read
 * is waited for here and nowhere else; how long is told to a hook, so that
 * nobody is blamed for time that was ours.
 */
#ifndef NC_COLLECT_OUTPUT_H
#define NC_COLLECT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "base/intern.h"

enum output_form {
	OUTPUT_RECORDS,
	OUTPUT_FLAT,
	OUTPUT_PROMETHEUS,
	OUTPUT_TABLE
};

struct output;

struct output_options {
	int fd; /* borrowed */
	enum output_form form;
	struct intern *names; /* borrowed */
	struct diag *diag; /* borrowed */
};

/* Owned: output_close(). */
struct output *output_open(const struct output_options *o);
/* blocked is called behind each wait with the ns it took; give_up before
 * each: true ends the wait and the output with it. */
void output_hooks(struct output *o, void (*blocked)(void *arg, int64_t ns),
    bool (*give_up)(void *arg), void *arg);
/* One record with its LF; a frame_sink.  0, or -1: the output is over. */
int output_line(void *output, const char *line, size_t len);
/* Records that are at hand together go out together, whole, at most PIPE_BUF
 * bytes a write(2): from gather to flush, which is before the loop waits. */
void output_gather(struct output *o);
int output_flush(struct output *o);
/* A round is over: what gathers prints. */
int output_round(struct output *o);
/* The reader is gone: EPIPE. */
void output_hangup(struct output *o);
/* 0 while all is well, else an errno value (EPIPE; ECANCELED: given up). */
int output_error(const struct output *o);
/* True when a hang-up of the reader can be polled for. */
bool output_pollable(const struct output *o);
uint64_t output_lines(const struct output *o);
/* Metrics that --prometheus could not show. */
uint64_t output_refused(const struct output *o);
/* Flushes; -1 and *e when it had failed for another cause than EPIPE. */
int output_close(struct output *o, struct nc_err *e);

#endif
