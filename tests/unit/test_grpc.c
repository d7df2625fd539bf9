/* SPDX-License-Identifier: MIT */
/* Messages of protocol buffers, whole, cut and hostile. */
#include <stdlib.h>

#include "net/grpc.h"
#include "tap.h"

/* The examples of the encoding's own description. */
static void
test_fields(void)
{
	struct span rest = {"\x08\x96\x01\x12\x07testing\x1d\x01\0\0\0"
			    "\x21\x02\0\0\0\0\0\0\0",
	    3 + 9 + 5 + 9};
	struct grpc_field f;

	OK(grpc_next(&rest, &f) == 1 && f.number == 1 && f.value == 150,
	    "a number");
	OK(grpc_next(&rest, &f) == 1 && f.number == 2 &&
		span_is(f.bytes, "testing"),
	    "text");
	OK(grpc_next(&rest, &f) == 1 && f.number == 3 && f.bytes.len == 4,
	    "four bytes");
	OK(grpc_next(&rest, &f) == 1 && f.number == 4 && f.bytes.len == 8,
	    "eight bytes");
	OK(grpc_next(&rest, &f) == 0, "the end");
}

static void
test_hostile(void)
{
	static const struct {
		const char *text;
		size_t len;
		const char *what;
	} bad[] = {{"\x12\x07test", 6, "text that ends early"},
	    {"\x08", 1, "no number"}, {"\x08\x96", 2, "a number cut"},
	    {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12,
		"a number without end"},
	    {"\x02\x00", 2, "field 0"}, {"\x0b", 1, "a group"},
	    {"\x1d\x01", 2, "four bytes, one there"},
	    {"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11,
		"a length beyond memory"}};
	struct grpc_field f;
	struct span rest;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rest = (struct span){bad[i].text, bad[i].len};
		OK(grpc_next(&rest, &f) == -1, bad[i].what);
	}
}

static void
test_put(void)
{
	struct buf b = {NULL, 0, 0}, answer = {NULL, 0, 0};
	struct grpc_call call = {"/nowhere/socket", "a.B/C", NULL, {NULL, 0}, 1,
	    100};
	struct grpc_field f;
	struct nc_err e;
	struct span rest;
	char text[300];

	memset(text, 'x', sizeof(text));
	grpc_put_text(&b, 20, (struct span){text, sizeof(text)});
	rest = buf_span(&b);
	OK(grpc_next(&rest, &f) == 1 && f.number == 20 && f.bytes.len == 300,
	    "what is put can be taken");
	OK(grpc_ask(&call, &answer, &e) == -1 &&
		strstr(e.msg, "/nowhere/socket") != NULL,
	    "no server: named");
	buf_free(&b);
	buf_free(&answer);
}

int
main(void)
{
	test_fields();
	test_hostile();
	test_put();
	return tap_done();
}
