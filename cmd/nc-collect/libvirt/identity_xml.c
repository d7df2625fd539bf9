/* SPDX-License-Identifier: MIT */
/*
 * identity_xml: what the XML of a domain says of who it is: the door to
 * libxml2.  No network, no entities: the XML is libvirt's, its metadata is
 * anybody's.
 */
#include "libvirt/identity.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"

/* libvirt wraps the id of the operating system in libosinfo's name space. */
#define OSINFO "http://libosinfo.org/xmlns/libvirt/domain/1.0"

static bool
is(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE &&
	       strcmp((const char *)n->name, name) == 0;
}

static const xmlNode *
child(const xmlNode *n, const char *name)
{
	for (n = n != NULL ? n->children : NULL; n != NULL; n = n->next)
		if (is(n, name))
			return n;
	return NULL;
}

/* Into to, "" when there is none. */
static const char *
attribute(const xmlNode *n, const char *name, char *to, size_t size)
{
	const xmlAttr *a;

	*to = '\0';
	for (a = n != NULL ? n->properties : NULL; a != NULL; a = a->next)
		if (strcmp((const char *)a->name, name) == 0 &&
		    a->children != NULL && a->children->content != NULL)
			str_copy(to, size,
			    span_of((const char *)a->children->content));
	return to;
}

/* All text below, in order, blanks around it left out. */
static void
gather(const xmlNode *n, struct buf *b)
{
	for (; n != NULL; n = n->next) {
		if ((n->type == XML_TEXT_NODE ||
			n->type == XML_CDATA_SECTION_NODE) &&
		    n->content != NULL)
			buf_adds(b, (const char *)n->content);
		else if (n->type == XML_ELEMENT_NODE)
			gather(n->children, b);
	}
}

static void
label_text(struct identity_labels *l, const char *key, const xmlNode *n)
{
	struct buf b = {0};

	if (n == NULL)
		return;
	gather(n->children, &b);
	if (b.len != 0)
		identity_label(l, key, str_trim(buf_span(&b)));
	buf_free(&b);
}

static void
label_attribute(struct identity_labels *l, const char *key, const xmlNode *n,
    const char *name)
{
	char text[256];

	identity_label(l, key, span_of(attribute(n, name, text, sizeof(text))));
}

static void
read_metadata(struct identity *i, const xmlNode *metadata,
    const struct identity_wish *wishes, size_t nwishes)
{
	const xmlNode *n;
	const char *ns;

	for (n = metadata != NULL ? metadata->children : NULL; n != NULL;
	     n = n->next) {
		if (n->type != XML_ELEMENT_NODE || n->ns == NULL ||
		    n->ns->href == NULL)
			continue;
		ns = (const char *)n->ns->href;
		if (strcmp(ns, OSINFO) == 0)
			label_attribute(&i->labels, "os", child(n, "os"), "id");
		for (size_t k = 0; k < nwishes; k++)
			if (strcmp(ns, wishes[k].ns) == 0)
				label_text(&i->labels, wishes[k].label, n);
	}
}

static void
read_disk(struct identity *i, const xmlNode *disk)
{
	const xmlNode *source = child(disk, "source");
	struct identity_part *p;
	char target[128], pool[256];

	attribute(child(disk, "target"), "dev", target, sizeof(target));
	if (*target == '\0' || (p = identity_part(&i->disks, span_of(target),
				    span_of(target))) == NULL)
		return;
	attribute(disk, "device", pool, sizeof(pool));
	if (strcmp(pool, "disk") != 0)
		identity_label(&p->labels, "kind", span_of(pool));
	label_attribute(&p->labels, "file", source, "file");
	label_attribute(&p->labels, "device", source, "dev");
	label_attribute(&p->labels, "protocol", source, "protocol");
	label_attribute(&p->labels, "image", source, "name");
	label_attribute(&p->labels, "pool", source, "pool");
	label_attribute(&p->labels, "volume", source, "volume");
	label_text(&p->labels, "serial", child(disk, "serial"));
}

static bool
has_id(const struct identity_parts *p, const char *id)
{
	for (size_t k = 0; k < p->n; k++)
		if (strcmp(p->list[k].id, id) == 0)
			return true;
	return false;
}

static void
read_interface(struct identity *i, const xmlNode *nic)
{
	const xmlNode *source = child(nic, "source");
	struct identity_part *p;
	char target[128], mac[64];

	attribute(child(nic, "target"), "dev", target, sizeof(target));
	attribute(child(nic, "mac"), "address", mac, sizeof(mac));
	if (*target == '\0')
		return;
	/* Two interfaces may have one address; they are still two. */
	if (*mac == '\0' || has_id(&i->nics, mac))
		str_copy(mac, sizeof(mac), span_of(target));
	if ((p = identity_part(&i->nics, span_of(target), span_of(mac))) ==
	    NULL)
		return;
	label_attribute(&p->labels, "type", nic, "type");
	label_attribute(&p->labels, "bridge", source, "bridge");
	label_attribute(&p->labels, "network", source, "network");
	label_attribute(&p->labels, "device", source, "dev");
	label_attribute(&p->labels, "model", child(nic, "model"), "type");
}

static void
read_channel(struct identity *i, const xmlNode *channel)
{
	const xmlNode *target = child(channel, "target");
	char value[64];

	attribute(target, "name", value, sizeof(value));
	if (strcmp(value, "org.qemu.guest_agent.0") != 0)
		return;
	attribute(target, "state", value, sizeof(value));
	i->agent = strcmp(value, "connected") == 0 ? IDENTITY_AGENT_THERE
						   : IDENTITY_AGENT_SILENT;
}

static void
read_devices(struct identity *i, const xmlNode *devices)
{
	const xmlNode *n;
	char text[32];
	double period;

	for (n = devices != NULL ? devices->children : NULL; n != NULL;
	     n = n->next) {
		if (is(n, "disk"))
			read_disk(i, n);
		else if (is(n, "interface"))
			read_interface(i, n);
		else if (is(n, "channel"))
			read_channel(i, n);
		else if (is(n, "memballoon")) {
			i->balloon_period = 0;
			attribute(child(n, "stats"), "period", text,
			    sizeof(text));
			if (parse_number(span_of(text), &period, NULL) == 0)
				i->balloon_period = period;
		}
	}
}

int
identity_read(struct identity *i, const char *xml,
    const struct identity_wish *wishes, size_t n)
{
	xmlDoc *doc = xmlReadMemory(xml, (int)strlen(xml), "domain", NULL,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
		XML_PARSE_COMPACT);
	const xmlNode *root = doc != NULL ? xmlDocGetRootElement(doc) : NULL;

	if (root == NULL) {
		xmlFreeDoc(doc);
		return -1;
	}
	label_text(&i->labels, "title", child(root, "title"));
	read_metadata(i, child(root, "metadata"), wishes, n);
	read_devices(i, child(root, "devices"));
	xmlFreeDoc(doc);
	return 0;
}
