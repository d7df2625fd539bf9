/* SPDX-License-Identifier: MIT */
/*
 * sensor: hwmon chips, thermal zones, memory controllers (EDAC), energy
 * counters (RAPL).  A chip may sit behind a slow or dead bus, so its files
 * are read through ask.h.  Which files there are is found out once a minute;
 * ids are made of device names, never of the order of discovery.
 */
#include "host/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/ask.h"
#include "scan.h"

#define RELIST 60

enum {
	S_TEMPERATURE,
	S_MAX,
	S_CRITICAL,
	S_FAN,
	S_VOLTS,
	S_AMPERES,
	S_WATTS,
	S_JOULES,
	S_ALARM,
	S_CORRECTED,
	S_UNCORRECTED,
	S_COUNT
};

static const char *const names[S_COUNT] = {"temperature_celsius",
    "temperature_max_celsius", "temperature_critical_celsius", "fan_rpm",
    "voltage_volts", "current_amperes", "power_watts", "energy_joules_total",
    "alarm", "corrected_errors_total", "uncorrected_errors_total"};

/* Files of hwmon sensors (Documentation/hwmon/sysfs-interface.rst): behind
 * the sensor's own name, and what one unit of theirs is. */
static const struct {
	const char *class, *item;
	unsigned key;
	double unit;
} hwmon_files[] = {{"temp", "_input", S_TEMPERATURE, 1e3},
    {"temp", "_max", S_MAX, 1e3}, {"temp", "_crit", S_CRITICAL, 1e3},
    {"temp", "_crit_alarm", S_ALARM, 1}, {"temp", "_alarm", S_ALARM, 1},
    {"temp", "_fault", S_ALARM, 1}, {"fan", "_input", S_FAN, 1},
    {"fan", "_alarm", S_ALARM, 1}, {"fan", "_fault", S_ALARM, 1},
    {"in", "_input", S_VOLTS, 1e3}, {"in", "_alarm", S_ALARM, 1},
    {"curr", "_input", S_AMPERES, 1e3}, {"power", "_average", S_WATTS, 1e6},
    {"power", "_input", S_WATTS, 1e6}, {"energy", "_input", S_JOULES, 1e6}};

struct reading {
	unsigned key;
	double unit;
	size_t question;
	char *path; /* owned */
	bool seen;
};

struct sensor {
	char id[128], chip[64], label[64];
	struct reading readings[6];
	size_t nreadings;
	bool seen;
};

struct sensors {
	struct keys keys;
	struct sensor *list;
	size_t count;
	double listed;
	/* while listing: the chip in hand */
	char folder[128], chip[64], device[80];
};

static void *
sensor_open(struct host *h)
{
	struct sensors *s = xcalloc(1, sizeof(*s));

	keys_open(&s->keys, h->run, "host.sensor", names, S_COUNT);
	s->listed = -RELIST;
	return s;
}

static void
sensor_close(void *state)
{
	struct sensors *s = state;
	size_t i, j;

	for (i = 0; i < s->count; i++)
		for (j = 0; j < s->list[i].nreadings; j++)
			free(s->list[i].readings[j].path);
	free(s->list);
	free(s);
}

static struct sensor *
sensor_of(struct sensors *s, const char *id, const char *chip)
{
	struct sensor *n;
	size_t i;

	for (i = 0; i < s->count; i++)
		if (strcmp(s->list[i].id, id) == 0)
			return &s->list[i];
	s->list = xreallocarray(s->list, s->count + 1, sizeof(*s->list));
	n = &s->list[s->count++];
	*n = (struct sensor){.seen = true};
	snprintf(n->id, sizeof(n->id), "%s", id);
	snprintf(n->chip, sizeof(n->chip), "%s", chip);
	return n;
}

/* A file that gives one value of a sensor; known ones keep their question. */
static void
reading_of(struct host *h, struct sensors *s, struct sensor *n, unsigned key,
    double unit, const char *path)
{
	struct reading *r;
	char *full;
	size_t i;

	if (!keys_on(&s->keys, key))
		return;
	n->seen = true;
	for (i = 0; i < n->nreadings; i++)
		if (strcmp(n->readings[i].path, path) == 0) {
			n->readings[i].seen = true;
			return;
		}
	if (i == sizeof(n->readings) / sizeof(n->readings[0]))
		return;
	full = xasprintf("%s/%s", h->run->root, path);
	r = &n->readings[i];
	*r = (struct reading){key, unit, ask_add(h->ask, ASK_READ, full, 0),
	    xstrdup(path), true};
	free(full);
	if (r->question == ASK_NONE)
		free(r->path);
	else
		n->nreadings++;
}

/* "temp1_input" of the chip in hand. */
static void
each_hwmon_file(struct host *h, const char *name, void *arg)
{
	struct sensors *s = arg;
	struct sensor *n;
	char id[128], path[256], word[24];
	const char *item = strchr(name, '_');
	size_t i, len;

	if (item == NULL || (size_t)(item - name) >= sizeof(word))
		return;
	len = (size_t)(item - name);
	memcpy(word, name, len);
	word[len] = '\0';
	for (i = 0; i < sizeof(hwmon_files) / sizeof(hwmon_files[0]); i++) {
		len = strlen(hwmon_files[i].class);
		if (strcmp(item, hwmon_files[i].item) != 0 ||
		    strncmp(word, hwmon_files[i].class, len) != 0 ||
		    word[len] < '0' || word[len] > '9')
			continue;
		snprintf(id, sizeof(id), "%s/%s", s->device, word);
		n = sensor_of(s, id, s->chip);
		snprintf(path, sizeof(path), "%s/%s_label", s->folder, word);
		if (n->label[0] == '\0' &&
		    !tree_word(&h->tree, path, n->label, sizeof(n->label)))
			n->label[0] = '\0';
		snprintf(path, sizeof(path), "%s/%s", s->folder, name);
		reading_of(h, s, n, hwmon_files[i].key, hwmon_files[i].unit,
		    path);
		return;
	}
}

/* Two chips of one name are told apart by the device they belong to. */
static void
each_hwmon(struct host *h, const char *name, void *arg)
{
	struct sensors *s = arg;
	char path[192], device[64];

	snprintf(s->folder, sizeof(s->folder), "sys/class/hwmon/%s", name);
	snprintf(path, sizeof(path), "%s/name", s->folder);
	if (!tree_word(&h->tree, path, s->chip, sizeof(s->chip)))
		return;
	snprintf(path, sizeof(path), "%s/device", s->folder);
	if (!tree_link(&h->tree, path, device, sizeof(device)))
		snprintf(s->device, sizeof(s->device), "%s", s->chip);
	else if (strstr(device, s->chip) != NULL)
		snprintf(s->device, sizeof(s->device), "%s", device);
	else
		snprintf(s->device, sizeof(s->device), "%.15s:%s", s->chip,
		    device);
	host_list(h, s->folder, each_hwmon_file, s);
}

static void
each_zone(struct host *h, const char *name, void *arg)
{
	struct sensors *s = arg;
	struct sensor *n;
	char path[128], type[64], id[96];
	const char *number = scan_prefix(name, "thermal_zone");

	if (number == NULL)
		return;
	snprintf(path, sizeof(path), "sys/class/thermal/%s/type", name);
	if (!tree_word(&h->tree, path, type, sizeof(type)))
		return;
	/* Zones may share a type; only then does the number come in. */
	snprintf(id, sizeof(id), "thermal/%s", type);
	n = sensor_of(s, id, "thermal");
	snprintf(path, sizeof(path), "sys/class/thermal/%s/temp", name);
	if (n->nreadings > 0 && strcmp(n->readings[0].path, path) != 0) {
		snprintf(id, sizeof(id), "thermal/%s/%s", type, number);
		n = sensor_of(s, id, "thermal");
	}
	snprintf(n->label, sizeof(n->label), "%s", type);
	reading_of(h, s, n, S_TEMPERATURE, 1e3, path);
}

static void
each_controller(struct host *h, const char *name, void *arg)
{
	struct sensors *s = arg;
	struct sensor *n;
	char path[128], id[96];

	if (scan_prefix(name, "mc") == NULL || name[2] < '0' || name[2] > '9')
		return;
	snprintf(id, sizeof(id), "edac/%s", name);
	n = sensor_of(s, id, "edac");
	snprintf(path, sizeof(path), "sys/devices/system/edac/mc/%s/mc_name",
	    name);
	if (!tree_word(&h->tree, path, n->label, sizeof(n->label)))
		n->label[0] = '\0';
	snprintf(path, sizeof(path), "sys/devices/system/edac/mc/%s/ce_count",
	    name);
	reading_of(h, s, n, S_CORRECTED, 1, path);
	snprintf(path, sizeof(path), "sys/devices/system/edac/mc/%s/ue_count",
	    name);
	reading_of(h, s, n, S_UNCORRECTED, 1, path);
}

/* "intel-rapl:0" is a package, "intel-rapl:0:0" a part of it. */
static void
each_energy(struct host *h, const char *name, void *arg)
{
	struct sensors *s = arg;
	struct sensor *n;
	char path[128], id[96];

	if (strchr(name, ':') == NULL)
		return;
	snprintf(id, sizeof(id), "rapl/%s", name);
	n = sensor_of(s, id, "rapl");
	snprintf(path, sizeof(path), "sys/class/powercap/%s/name", name);
	if (!tree_word(&h->tree, path, n->label, sizeof(n->label)))
		n->label[0] = '\0';
	snprintf(path, sizeof(path), "sys/class/powercap/%s/energy_uj", name);
	reading_of(h, s, n, S_JOULES, 1e6, path);
}

static void
drop_reading(struct host *h, struct sensor *n, size_t i)
{
	ask_remove(h->ask, n->readings[i].question);
	free(n->readings[i].path);
	n->readings[i] = n->readings[--n->nreadings];
}

static void
relist(struct host *h, struct sensors *s)
{
	struct sensor *n;
	size_t i, j, kept = 0;

	for (i = 0; i < s->count; i++) {
		s->list[i].seen = false;
		for (j = 0; j < s->list[i].nreadings; j++)
			s->list[i].readings[j].seen = false;
	}
	host_list(h, "sys/class/hwmon", each_hwmon, s);
	host_list(h, "sys/class/thermal", each_zone, s);
	host_list(h, "sys/devices/system/edac/mc", each_controller, s);
	host_list(h, "sys/class/powercap", each_energy, s);
	for (i = 0; i < s->count; i++) {
		n = &s->list[i];
		for (j = n->nreadings; j-- > 0;)
			if (!n->readings[j].seen)
				drop_reading(h, n, j);
		if (n->nreadings > 0)
			s->list[kept++] = *n;
	}
	s->count = kept;
	s->listed = h->up;
}

static void
sensor_values(struct host *h, void *state)
{
	struct sensors *s = state;

	if (s->keys.on != 0 && h->ask != NULL && !(h->up - s->listed < RELIST))
		relist(h, s);
}

/* The numbers of one sensor that were answered.  Several alarms are one. */
static size_t
take(struct host *h, struct sensor *n, double *v, bool *has)
{
	struct ask_answer answer;
	double seconds;
	int64_t raw;
	size_t i, taken = 0;
	unsigned key;

	for (i = 0; i < n->nreadings; i++) {
		key = n->readings[i].key;
		if (ask_get(h->ask, n->readings[i].question, &answer,
			&seconds) != ASK_ANSWERED)
			continue;
		if (answer.error == EACCES || answer.error == EPERM)
			tree_trouble(&h->tree, n->readings[i].path,
			    answer.error);
		if (answer.error != 0 || scan_i64(answer.text, &raw) == NULL)
			continue;
		if (key == S_ALARM && has[key])
			v[key] = v[key] != 0 || raw != 0;
		else if (!has[key])
			v[key] = (double)raw / n->readings[i].unit;
		has[key] = true;
		taken++;
	}
	return taken;
}

static void
sensor_parts(struct host *h, void *state)
{
	struct sensors *s = state;
	struct sensor *n;
	double v[S_COUNT];
	bool has[S_COUNT];
	size_t i, k;

	for (i = 0; i < s->count; i++) {
		n = &s->list[i];
		memset(has, 0, sizeof(has));
		if (take(h, n, v, has) == 0)
			continue;
		host_begin(h, "host.sensor", n->id);
		frame_label(h->frame, "chip", span_of(n->chip));
		if (n->label[0] != '\0')
			frame_label(h->frame, "label", span_of(n->label));
		for (k = 0; k < S_COUNT; k++)
			if (has[k])
				keys_real(&s->keys, h->frame, k, v[k]);
		if (!host_end(h))
			return;
	}
}

const struct host_family host_sensor = {"sensors", sensor_open, sensor_close,
    sensor_values, sensor_parts};
