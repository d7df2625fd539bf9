/* SPDX-License-Identifier: MIT */
/*
 * import_netdata: files of health.d, alarm by alarm.  Their hysteresis is a
 * condition that asks for its own status; it becomes "until".  Other systems
 * than Linux are passed over.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "import_nd.h"

static const char *const keys[NETDATA_KEYS] = {"on", "os", "families", "lookup",
    "calc", "warn", "crit", "delay", "info", "name"};

static void
alarm_free(struct netdata_alarm *a)
{
	for (size_t i = 0; i < NETDATA_KEYS; i++)
		free(a->text[i]);
}

/* "key: value" with its continuation lines, NULL at the end.  Owned. */
static char *
logical_line(struct span *rest, int *line)
{
	struct buf b = {0};
	struct span item;
	bool more = true;

	while (more && str_item(rest, '\n', &item)) {
		(*line)++;
		item = str_trim(item);
		more = str_ends(item, "\\");
		item.len -= more;
		buf_add(&b, item.p, item.len);
	}
	if (b.len == 0 && rest->p == NULL) {
		buf_free(&b);
		return NULL;
	}
	buf_addc(&b, '\0');
	return buf_take(&b);
}

static void
take_key(struct netdata_file *f, struct span key, struct span value, int line)
{
	struct netdata_alarm *a;

	if (span_is(key, "alarm") || span_is(key, "template")) {
		f->alarms = xreallocarray(f->alarms, f->count + 1,
		    sizeof(*f->alarms));
		f->alarms[f->count++] = (struct netdata_alarm){.line = line};
		key = span_of("name");
	}
	if (f->count == 0)
		return;
	a = &f->alarms[f->count - 1];
	for (size_t i = 0; i < NETDATA_KEYS; i++)
		if (span_is(key, keys[i])) {
			free(a->text[i]);
			a->text[i] = xmemdup0(value.p, value.len);
		}
}

static void
read_alarms(struct netdata_file *f, struct span text)
{
	struct span key, value;
	int line = 0, before;
	char *s;

	for (;;) {
		before = line + 1;
		if ((s = logical_line(&text, &line)) == NULL)
			return;
		if (*s != '#' && str_cut(span_of(s), ':', &key, &value))
			take_key(f, str_trim(key), str_trim(value), before);
		free(s);
		if (text.p == NULL)
			return;
	}
}

static bool
is_for_linux(const struct netdata_alarm *a)
{
	return a->text[NETDATA_OS] == NULL ||
	       strstr(a->text[NETDATA_OS], "linux") != NULL ||
	       strchr(a->text[NETDATA_OS], '*') != NULL;
}

/* families: !/dev !/dev/x* pattern *: which ids. */
static int
put_families(struct netdata *n, struct buf *b)
{
	const char *text = n->alarm->text[NETDATA_FAMILIES];
	struct span rest = span_of(text != NULL ? text : "*"), word;
	bool first = true;
	int wanted = 0;

	while (str_word(&rest, &word) && !span_is(word, "*")) {
		if (*word.p != '!' && ++wanted > 1)
			return netdata_refuse(n, "several families");
		buf_adds(b, first ? "{id" : ",id");
		buf_adds(b, *word.p == '!' ? "!=" : "=");
		if (*word.p == '!') {
			word.p++;
			word.len--;
		}
		import_quoted(b, word);
		first = false;
	}
	if (!first)
		buf_addc(b, '}');
	return 0;
}

/* "up 1m down 15m": the time behind a word of delay, or 0. */
static double
delay_of(const struct netdata_alarm *a, const char *which)
{
	struct span rest = span_of(
	    a->text[NETDATA_DELAY] != NULL ? a->text[NETDATA_DELAY] : "");
	struct span word;
	double seconds = 0;

	while (str_word(&rest, &word))
		if (span_is(word, which) && str_word(&rest, &word) &&
		    parse_duration(word, &seconds, NULL) == 0)
			return seconds;
	return 0;
}

/* SEVERITY if COND for ... until ... */
static int
put_level(struct netdata *n, const char *severity, const char *text,
    struct buf *b)
{
	struct buf fire = {0}, stay = {0};
	double up = delay_of(n->alarm, "up"), down = delay_of(n->alarm, "down");
	int rc = 0;

	if (text == NULL)
		return 0;
	n->raised = false;
	rc = netdata_condition(n, text, &fire);
	n->raised = true;
	if (rc == 0)
		rc = netdata_condition(n, text, &stay);
	if (rc == 0) {
		buf_addf(b, "\t%s if %s", severity, fire.data);
		if (up > 0) {
			buf_adds(b, " for ");
			import_time(b, up);
		}
		if (down > 0 || strcmp(fire.data, stay.data) != 0)
			buf_addf(b, " until not (%s)", stay.data);
		if (down > 0) {
			buf_adds(b, " for ");
			import_time(b, down);
		}
		buf_addc(b, '\n');
	}
	buf_free(&fire);
	buf_free(&stay);
	return rc;
}

/* Words for people; what they put in with $ is left out. */
static void
put_info(const struct netdata_alarm *a, struct buf *b)
{
	struct buf say = {0};
	const char *s = a->text[NETDATA_INFO];

	if (s == NULL)
		return;
	for (; *s != '\0'; s++) {
		if (*s == '$') {
			while (s[1] != '\0' && s[1] != ' ' && s[1] != ',')
				s++;
			buf_adds(&say, "{id}");
		} else if (*s != '{' && *s != '}')
			buf_addc(&say, *s);
	}
	buf_adds(b, "\tsay ");
	import_quoted(b, buf_span(&say));
	buf_addc(b, '\n');
	buf_free(&say);
}

static void
translate(struct netdata *n)
{
	const struct netdata_alarm *a = n->alarm;
	struct buf body = {0}, head = {0};
	int rc;

	rc = netdata_entity(n);
	if (rc == 0)
		rc = put_level(n, "warn", a->text[NETDATA_WARN], &body);
	if (rc == 0)
		rc = put_level(n, "crit", a->text[NETDATA_CRIT], &body);
	if (rc == 0) {
		buf_adds(&head, n->entity);
		rc = put_families(n, &head);
	}
	if (rc == 0) {
		buf_addf(&head, " {\n%s", body.data);
		put_info(a, &head);
		buf_adds(&head, "}\n");
	}
	import_alert(n->im, a->text[NETDATA_NAME], a->line, n->family,
	    rc == 0 ? head.data : NULL,
	    rc == 0 ? (n->notes.len > 0 ? n->notes.data : "") : n->why);
	buf_free(&n->notes);
	buf_free(&body);
	buf_free(&head);
}

int
import_netdata(struct importer *im, struct span text, struct nc_err *e)
{
	struct netdata_file f = {0};
	struct netdata n;

	read_alarms(&f, text);
	for (size_t i = 0; i < f.count; i++) {
		const struct netdata_alarm *a = &f.alarms[i];

		if ((a->text[NETDATA_WARN] == NULL &&
			a->text[NETDATA_CRIT] == NULL) ||
		    !is_for_linux(a))
			continue;
		n = (struct netdata){.im = im, .file = &f, .alarm = a};
		translate(&n);
	}
	for (size_t i = 0; i < f.count; i++)
		alarm_free(&f.alarms[i]);
	free(f.alarms);
	return f.count > 0 ? 0 : err_set(e, 0, "no alarms");
}
