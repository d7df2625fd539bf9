/* SPDX-License-Identifier: MIT */
/* app: what main wires together; the two ways to run it. */
#ifndef NC_TOP_APP_H
#define NC_TOP_APP_H

#include <stdbool.h>

#include "base/diag.h"
#include "base/intern.h"
#include "grid.h"
#include "model.h"
#include "sources.h"
#include "stream/input.h"
#include "ui.h"

struct app {
	struct diag *diag;
	struct intern *names;
	struct input *input;
	const char *dir; /* -d, borrowed; NULL: no store */
	struct sources *sources; /* owned; NULL: files, a pipe, nothing */
	struct model *model;
	struct ui ui;
	struct grid grid;
	double interval; /* seconds between frames */
	double now; /* --now, NAN: not given */
	long frames; /* -n, 0: no limit */
	int width, height; /* of -b; height 0: as many lines as there are */
	bool utf8, color, once, json;
	bool exit_on_end;
};

/* Both return an exit status. */
int batch_run(struct app *a);
int interactive_run(struct app *a);

/* One record into the model, unless --now is before it. */
void app_feed(struct app *a, const struct record *r, double arrived);
/* Says on standard error why the input failed; the status for it. */
int app_failed(struct app *a, const struct nc_err *e);
/* Done: 0, or 1 when lines were bad. */
int app_status(const struct app *a);

#endif
