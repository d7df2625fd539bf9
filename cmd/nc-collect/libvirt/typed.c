/* SPDX-License-Identifier: MIT */
/* typed: libvirt's typed parameters as numbers and text.  Pure. */
#include "libvirt/live.h"

#include <math.h>
#include <string.h>

bool
typed_number(const virTypedParameter *p, double *v)
{
	switch (p->type) {
	case VIR_TYPED_PARAM_INT:
		*v = p->value.i;
		return true;
	case VIR_TYPED_PARAM_UINT:
		*v = p->value.ui;
		return true;
	case VIR_TYPED_PARAM_LLONG:
		*v = (double)p->value.l;
		return true;
	case VIR_TYPED_PARAM_ULLONG:
		/* How libvirt says "unlimited". */
		if (p->value.ul == UINT64_MAX)
			return false;
		*v = (double)p->value.ul;
		return true;
	case VIR_TYPED_PARAM_DOUBLE:
		*v = p->value.d;
		return true;
	case VIR_TYPED_PARAM_BOOLEAN:
		*v = p->value.b != 0;
		return true;
	default:
		return false;
	}
}

void
typed_take(struct fields *f, struct guest *g, size_t position,
    const virTypedParameter *p)
{
	struct field_value v = {(double)NAN, {NULL, 0}};

	if (!typed_number(p, &v.number)) {
		v.number = (double)NAN;
		if (p->type == VIR_TYPED_PARAM_STRING && p->value.s != NULL)
			v.text = span_of(p->value.s);
	}
	fields_take(f, g, position, span_of(p->field), &v);
}
