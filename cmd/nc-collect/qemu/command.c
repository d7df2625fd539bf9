/* SPDX-License-Identifier: MIT */
/*
 * command: QEMU's command line.  Options come as "key=value,key=value", where
 * ",," is a comma, or as JSON.  What is not understood is left out.
 */
#include "qemu/command.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"
#include "stream/json.h"

/* The next part of "a=1,b=x,,y"; part keeps its doubled commas. */
static bool
next_part(struct span *rest, struct span *part)
{
	size_t i;

	if (rest->p == NULL)
		return false;
	for (i = 0; i < rest->len; i++) {
		if (rest->p[i] != ',')
			continue;
		if (i + 1 < rest->len && rest->p[i + 1] == ',')
			i++;
		else
			break;
	}
	*part = (struct span){rest->p, i};
	if (i < rest->len)
		*rest = (struct span){rest->p + i + 1, rest->len - i - 1};
	else
		*rest = (struct span){NULL, 0};
	return true;
}

/* Copies with ",," as one; false when it does not fit. */
static bool
unescape(struct span s, char *to, size_t size)
{
	size_t i, n = 0;

	for (i = 0; i < s.len; i++) {
		if (n + 1 >= size)
			return false;
		to[n++] = s.p[i];
		if (s.p[i] == ',' && i + 1 < s.len && s.p[i + 1] == ',')
			i++;
	}
	to[n] = '\0';
	return true;
}

static bool
get_json(struct span arg, const char *key, char *to, size_t size)
{
	struct json *j = json_parse(arg, NULL);
	const struct json *v = json_member(j, key);
	struct span text = json_text(v, (struct span){NULL, 0});
	bool good = false;

	if (text.p != NULL)
		good = str_copy(to, size, text);
	else if (v != NULL && json_kind(v) == JSON_KIND_NUMBER)
		good = (size_t)snprintf(to, size, "%.0f", json_number(v, 0)) <
		       size;
	json_free(j);
	return good;
}

/*
 * The value of key in arg; first is the key that a part without "=" at the
 * beginning has ("-name web1"), or NULL.
 */
static bool
get(struct span arg, const char *key, const char *first, char *to, size_t size)
{
	struct span rest = arg, part, name, value;
	bool leading = true;

	if (str_starts(arg, "{"))
		return get_json(arg, key, to, size);
	for (; next_part(&rest, &part); leading = false) {
		if (!str_cut(part, '=', &name, &value)) {
			if (!leading || first == NULL)
				continue;
			value = name;
			name = span_of(first);
		}
		if (span_is(name, key))
			return unescape(value, to, size);
	}
	return false;
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
}

static bool
is_uuid(const char *s)
{
	size_t i;

	for (i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23
			? s[i] != '-'
			: !isxdigit((unsigned char)s[i]))
			return false;
	return s[36] == '\0';
}

static void
take_uuid(struct command *c, const char *s)
{
	if (!is_uuid(s))
		return;
	memcpy(c->uuid, s, sizeof(c->uuid));
	lower(c->uuid);
}

static void
take_smp(struct command *c, struct span arg)
{
	char text[24];
	uint64_t n;

	if (get(arg, "cpus", "cpus", text, sizeof(text)) &&
	    parse_unsigned(span_of(text), 65536, &n, NULL) == 0)
		c->vcpus = (unsigned)n;
	if (get(arg, "maxcpus", NULL, text, sizeof(text)) &&
	    parse_unsigned(span_of(text), 65536, &n, NULL) == 0)
		c->vcpus_max = (unsigned)n;
}

/* "96", "4G", "size=98304k,slots=16,maxmem=...": without a unit, MiB. */
static void
take_memory(struct command *c, struct span arg)
{
	uint64_t n, unit = 1 << 20;
	struct span digits;
	char text[24];

	if (!get(arg, "size", "size", text, sizeof(text)))
		return;
	digits = span_of(text);
	if (digits.len == 0)
		return;
	switch (text[digits.len - 1]) {
	case 'b':
	case 'B':
		unit = 1;
		break;
	case 'k':
	case 'K':
		unit = 1 << 10;
		break;
	case 'm':
	case 'M':
		break;
	case 'g':
	case 'G':
		unit = 1 << 30;
		break;
	case 't':
	case 'T':
		unit = UINT64_C(1) << 40;
		break;
	default:
		digits.len++;
	}
	digits.len--;
	if (parse_unsigned(digits, UINT64_C(1) << 50, &n, NULL) == 0 &&
	    n <= (UINT64_C(1) << 60) / unit)
		c->mem_bytes = n * unit;
}

static struct command_nic *
nic_of(struct command *c, const char *id)
{
	size_t i;

	for (i = 0; i < c->nnics; i++)
		if (*id != '\0' && strcmp(c->nic[i].id, id) == 0)
			return &c->nic[i];
	if (c->nnics == COMMAND_NICS)
		return NULL;
	c->nic[c->nnics] = (struct command_nic){.fd = -1};
	snprintf(c->nic[c->nnics].id, sizeof(c->nic[0].id), "%s", id);
	return &c->nic[c->nnics++];
}

static void
take_mac(struct command_nic *n, struct span arg)
{
	char text[18];

	if (!get(arg, "mac", NULL, text, sizeof(text)) &&
	    !get(arg, "macaddr", NULL, text, sizeof(text)))
		return;
	snprintf(n->mac, sizeof(n->mac), "%s", text);
	lower(n->mac);
}

/* The host's end: a tap by its name or by the descriptor QEMU was given;
 * of several queues the first. */
static void
take_netdev(struct command *c, struct span arg)
{
	struct command_nic *n;
	char type[16], id[64] = "", text[128], *colon;
	uint64_t fd;

	if (!get(arg, "type", "type", type, sizeof(type)) ||
	    (strcmp(type, "tap") != 0 && strcmp(type, "bridge") != 0))
		return;
	get(arg, "id", NULL, id, sizeof(id));
	if ((n = nic_of(c, id)) == NULL)
		return;
	get(arg, "ifname", NULL, n->name, sizeof(n->name));
	if (get(arg, "fd", NULL, text, sizeof(text)) ||
	    get(arg, "fds", NULL, text, sizeof(text))) {
		if ((colon = strchr(text, ':')) != NULL)
			*colon = '\0';
		if (parse_unsigned(span_of(text), 1 << 20, &fd, NULL) == 0)
			n->fd = (int)fd;
	}
	take_mac(n, arg); /* of -nic, which is both ends */
}

/* An address without its domain is of the first. */
static void
take_hostdev(struct command *c, const char *address)
{
	unsigned domain = 0, bus, slot, function;

	if (c->ndevices == COMMAND_DEVICES ||
	    (sscanf(address, "%x:%x:%x.%x", &domain, &bus, &slot, &function) !=
		    4 &&
		(domain = 0,
		    sscanf(address, "%x:%x.%x", &bus, &slot, &function)) != 3))
		return;
	snprintf(c->device[c->ndevices++], sizeof(c->device[0]),
	    "%04x:%02x:%02x.%x", domain & 0xffff, bus & 0xff, slot & 0x1f,
	    function & 7);
}

static void
take_device(struct command *c, struct span arg)
{
	struct command_nic *n;
	char id[64], driver[16];

	if (get(arg, "driver", "driver", driver, sizeof(driver)) &&
	    strcmp(driver, "vfio-pci") == 0 &&
	    get(arg, "host", NULL, id, sizeof(id)))
		take_hostdev(c, id);

	if (get(arg, "netdev", NULL, id, sizeof(id)) &&
	    (n = nic_of(c, id)) != NULL)
		take_mac(n, arg);
}

static void
take_option(struct command *c, struct span option, struct span arg)
{
	char text[40];

	if (span_is(option, "uuid") && arg.len == 36) {
		str_copy(text, sizeof(text), arg);
		take_uuid(c, text);
	} else if (span_is(option, "smbios")) {
		if (*c->uuid == '\0' &&
		    get(arg, "uuid", NULL, text, sizeof(text)))
			take_uuid(c, text);
	} else if (span_is(option, "name")) {
		get(arg, "guest", "guest", c->name, sizeof(c->name));
	} else if (span_is(option, "smp")) {
		take_smp(c, arg);
	} else if (span_is(option, "m")) {
		take_memory(c, arg);
	} else if (span_is(option, "netdev") || span_is(option, "nic")) {
		take_netdev(c, arg);
	} else if (span_is(option, "device")) {
		take_device(c, arg);
	}
}

static bool
is_qemu(struct span path)
{
	struct span name = path;
	size_t i;

	for (i = 0; i < path.len; i++)
		if (path.p[i] == '/')
			name = (struct span){path.p + i + 1, path.len - i - 1};
	return str_starts(name, "qemu-system-") || span_is(name, "qemu-kvm") ||
	       span_is(name, "kvm");
}

bool
command_parse(struct span text, struct command *c)
{
	struct span word, option = {NULL, 0};

	memset(c, 0, sizeof(*c));
	if (!str_item(&text, '\0', &word) || !is_qemu(word))
		return false;
	while (str_item(&text, '\0', &word)) {
		if (word.len > 1 && word.p[0] == '-') {
			/* --option is the same. */
			option.len = word.len - (word.p[1] == '-' ? 2 : 1);
			option.p = word.p + (word.len - option.len);
			continue;
		}
		/* libvirt asks a QEMU without a machine what it can do. */
		if ((span_is(option, "machine") || span_is(option, "M")) &&
		    (span_is(word, "none") || str_starts(word, "none,")))
			return false;
		take_option(c, option, word);
		option = (struct span){NULL, 0};
	}
	if (c->vcpus == 0)
		c->vcpus = 1; /* QEMU's own default */
	if (c->vcpus_max < c->vcpus)
		c->vcpus_max = c->vcpus;
	return true;
}
