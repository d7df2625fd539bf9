/* SPDX-License-Identifier: MIT */
/* Unit tests of the command lines nc-top makes for alerts.  tool: nc-top */
#include "manage.h"
#include "tap.h"

static void
test_lines(void)
{
	static const struct {
		enum deed d;
		const char *said;
		bool dry;
		const char *destination, *want; /* want NULL: an error */
	} rows[] = {
	    {DEED_LIST, "", false, NULL, "nc-alert list"},
	    {DEED_LIST, "vm{name=a b}", false, NULL,
		"nc-alert list 'vm{name=a b}'"},
	    {DEED_WHY, "fd418f9e", false, NULL, "nc-alert why fd418f9e"},
	    {DEED_WHY, "  ", false, NULL, NULL},
	    {DEED_HISTORY, "", false, NULL, "nc-alert history"},
	    {DEED_HISTORY, "a1 b2", false, NULL, "nc-alert history a1 b2"},
	    {DEED_ACK, "fd41", false, NULL, "nc-alert ack fd41"},
	    {DEED_ACK, "fd41 2h", false, NULL, "nc-alert ack fd41 -t 2h"},
	    {DEED_ACK, "fd41 it's mine", true, NULL,
		"nc-alert ack --dry-run fd41 -m 'it'\\''s mine'"},
	    {DEED_ACK, "fd41 2h disk ordered", false, NULL,
		"nc-alert ack fd41 -t 2h -m 'disk ordered'"},
	    /* a duration inside the comment is none of the ack's */
	    {DEED_ACK, "fd41 back in 2h", false, NULL,
		"nc-alert ack fd41 -m 'back in 2h'"},
	    /* a fingerprint may look like a number of seconds */
	    {DEED_ACK, "41000001", false, NULL, "nc-alert ack 41000001"},
	    {DEED_ACK, "", false, NULL, NULL},
	    {DEED_UNACK, "fd41", false, NULL, "nc-alert unack fd41"},
	    {DEED_SILENCE, "vm{name=web*} 2h new kernel", true, NULL,
		"nc-alert silence --dry-run 'vm{name=web*}' -t 2h "
		"-m 'new kernel'"},
	    {DEED_SILENCE, "vm{title=a b} 90m x", false, NULL,
		"nc-alert silence 'vm{title=a b}' -t 90m -m x"},
	    {DEED_SILENCE, "fd41 2h", false, NULL, NULL},
	    {DEED_SILENCE, "fd41 because", false, NULL, NULL},
	    {DEED_MAINTENANCE, "41000001 1d rack move", false, NULL,
		"nc-alert maintenance 41000001 -t 1d -m 'rack move'"},
	    {DEED_UNSILENCE, "0a1b", false, NULL, "nc-alert unsilence 0a1b"},
	    {DEED_WHY, "fd41", false, "root@hv1",
		"ssh -T -o BatchMode=yes -o ConnectTimeout=10 -o "
		"ServerAliveInterval=5 -o ServerAliveCountMax=3 -- root@hv1 "
		"'nc-alert why fd41'"},
	    {DEED_SILENCE, "a;reboot 1h $(x)", false, "hv1",
		"ssh -T -o BatchMode=yes -o ConnectTimeout=10 -o "
		"ServerAliveInterval=5 -o ServerAliveCountMax=3 -- hv1 "
		"'nc-alert silence '\\''a;reboot'\\'' -t 1h -m "
		"'\\''$(x)'\\'''"},
	};
	struct manage_line line;
	struct nc_err e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		line = (struct manage_line){0};
		if (manage_line(rows[i].d, span_of(rows[i].said), rows[i].dry,
			rows[i].destination, &line, &e) == -1) {
			OK(rows[i].want == NULL, rows[i].said);
			continue;
		}
		SAME(line.shown, rows[i].want != NULL ? rows[i].want : "error",
		    rows[i].said);
		manage_line_free(&line);
	}
}

int
main(void)
{
	test_lines();
	return tap_done();
}
