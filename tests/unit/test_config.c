/* SPDX-License-Identifier: MIT */
/* Unit tests of lex and config: trees, macros, includes, every error. */
#include "lang/config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "tap.h"

static void
note(void *arg, const char *where, const char *what)
{
	buf_addf(arg, "%s: %s\n", where, what);
}

/* The tree as text: tokens in [] by kind, blocks in {}. */
static void
show(struct buf *b, const struct config_node *n)
{
	static const char open[] = "'\"<?(", close[] = "'\">?)";

	for (; n != NULL; n = n->next) {
		for (size_t i = 0; i < n->ntokens; i++) {
			const struct config_token *t = &n->tokens[i];

			buf_addf(b, "%s%c%s%c", i == 0 || t->glued ? "" : " ",
			    open[t->kind], t->text, close[t->kind]);
		}
		if (n->has_block) {
			buf_adds(b, " {");
			show(b, n->children);
			buf_adds(b, "}");
		}
		buf_adds(b, ";");
	}
}

static void
tree(const char *text, const char *want)
{
	struct buf said = {0}, got = {0};
	struct config_options o = {.report = note, .arg = &said};
	struct config *c = config_parse(span_of(text), "f", &o);

	if (!OK(c != NULL, text))
		printf("# %s\n", said.data);
	else {
		show(&got, config_first(c));
		buf_reserve(&got, 0);
		SAME(got.data, want, text);
	}
	config_free(c);
	buf_free(&said);
	buf_free(&got);
}

static void
error(const char *text, const char *want)
{
	struct buf said = {0};
	struct config_options o = {.report = note, .arg = &said};
	struct config *c = config_parse(span_of(text), "f", &o);

	OK(c == NULL, text);
	buf_reserve(&said, 0);
	SAME(said.data, want, text);
	config_free(c);
	buf_free(&said);
}

static void
trees(void)
{
	tree("", "");
	tree("\n;;\n# only a comment", "");
	tree("set interval 10s; set lateness 30s",
	    "'set' 'interval' '10s';'set' 'lateness' '30s';");
	tree("a { b; c { d } }\ne", "'a' {'b';'c' {'d';};};'e';");
	tree("a {\n}\n", "'a' {};");
	tree("a{b=c}:m x", "<a{b=c}:m> 'x';");
	tree("alert x on host.fs{fstype!~\"^(a|})$\"} { warn }",
	    "'alert' 'x' 'on' <host.fs{fstype!~\"^(a|})$\"}> {'warn';};");
	tree("a \"b c\" \"q\\\"\\n\\d\"", "'a' \"b c\" \"q\"\n\\d\";");
	tree("warn if f(x,\n 5m) > 0.1", "'warn' 'if' 'f'(()'x'(,) '5m'())"
					 " (>) '0.1';");
	tree("a \\\n b", "'a' 'b';");
	tree("a != b =~ c !~ d <= e == f ! ~ = <",
	    "'a' (!=) 'b' (=~) 'c' (!~) 'd' (<=) 'e' (==) 'f' (!) (~) (=) "
	    "(<);");
	tree("x b#c # d", "'x' 'b#c';");
	tree("\xef\xbb\xbf"
	     "a \xc3\xa9",
	    "'a' '\xc3\xa9';");
	tree("a\r\nb\r\n", "'a';'b';");
	tree("macro m = 1 \"two\" 3\nx $m y", "'x' '1' \"two\" '3' 'y';");
	tree("macro m = \"^(a|b)$\"\non fs{t!~$m,u=$m} z",
	    "'on' <fs{t!~\"^(a|b)$\",u=\"^(a|b)$\"}> 'z';");
	tree("every tue 02:00-04:00 tz \"Europe/Paris\"",
	    "'every' 'tue' '02:00-04:00' 'tz' \"Europe/Paris\";");
}

static void
errors(void)
{
	error("a \"b\n c", "f:1:3: string without an end, expected '\"' on its "
			   "line\n");
	error("a {\n b\n", "f:1:3: block without an end, expected '}'\n");
	error("a }", "f:1:3: '}' without its '{'\n");
	error("{ a }", "f:1:1: '{' alone, expected a statement before it\n");
	error("x $nope", "f:1:3: unknown macro $nope\n");
	error("x $", "f:1:3: '$' alone, expected a macro's name\n");
	error("x a{b=$nope}", "f:1:3: unknown macro $nope\n");
	error("macro m = a b\nx a{b=$m}", "f:2:3: macro $m in a selector, "
					  "expected one word or string\n");
	error("macro m", "f:1:1: incomplete macro, expected: macro NAME = "
			 "VALUE...\n");
	error("macro m = 1\nmacro m = 2",
	    "f:2:7: macro defined twice, expected a new name\n");
	error("a \x01", "f:1:3: control byte 0x01\n");
	error("a \xff", "f:1:3: not UTF-8\n");
	error("\xc3\xa9 \xff", "f:1:3: not UTF-8\n");
	error("a b{c", "f:1:3: selector without an end, expected '}' on its "
		       "line\n");
	error("include", "f:1:1: incomplete include, expected: include "
			 "\"FILE\"\n");
	/* One run reports all, and goes on behind each. */
	error("x $a\ny {\n z $b\n}\nw \"", "f:1:3: unknown macro $a\n"
					   "f:3:4: unknown macro $b\n"
					   "f:5:3: string without an end, "
					   "expected '\"' on its line\n");
}

static void
bounds(void)
{
	struct buf b = {0}, said = {0};
	struct config_options o = {.report = note, .arg = &said};

	for (int i = 0; i < 10000; i++)
		buf_adds(&b, "a {\n");
	OK(config_parse(buf_span(&b), "f", &o) == NULL, "10,000 deep");
	SAME(said.data,
	    "f:33:3: blocks nested too deep, expected at most "
	    "32\n",
	    "says where");
	buf_clear(&b);
	buf_clear(&said);
	for (int i = 0; i < 5000; i++)
		buf_adds(&b, "a ");
	OK(config_parse(buf_span(&b), "f", &o) == NULL, "5,000 words");
	buf_clear(&b);
	buf_clear(&said);
	for (int i = 0; i < 100; i++)
		buf_adds(&b, "x $a\n");
	OK(config_parse(buf_span(&b), "f", &o) == NULL, "100 errors");
	OK(strstr(said.data, "too many errors") != NULL, "stops listing them");
	OK(said.len < 1000, "and listed few");
	buf_free(&b);
	buf_free(&said);
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) == EOF)
		abort();
}

static void
includes(void)
{
	char dir[] = "/tmp/nc-test-config.XXXXXX";
	struct buf said = {0}, got = {0};
	const char *const defines[] = {"m = 7", NULL};
	struct config_options o = {.report = note, .arg = &said};
	struct config *c;
	char *a, *b, *d, *gone, *want;

	if (mkdtemp(dir) == NULL)
		abort();
	a = xasprintf("%s/a.conf", dir);
	b = xasprintf("%s/b1.conf", dir);
	d = xasprintf("%s/b2.conf", dir);
	put(a, "one\ninclude \"b?.conf\"\ninclude \"none*.conf\"\nfour $m");
	put(b, "two");
	put(d, "macro m = 4\nthree");
	c = config_read(a, &o);
	if (OK(c != NULL, "include by pattern, sorted")) {
		show(&got, config_first(c));
		SAME(got.data, "'one';'two';'three';'four' '4';",
		    "in place, its macros seen");
	}
	config_free(c);
	buf_clear(&got);
	o.defines = defines;
	c = config_read(a, &o);
	if (OK(c != NULL, "with a definition")) {
		show(&got, config_first(c));
		SAME(got.data, "'one';'two';'three';'four' '7';",
		    "an option wins over the file");
	}
	config_free(c);
	put(b, "include \"a.conf\"");
	OK(config_read(a, &o) == NULL, "a loop");
	want = xasprintf("%s:1:9: file includes itself\n", b);
	SAME(said.data, want, "is named");
	free(want);
	buf_clear(&said);
	gone = xasprintf("%s/gone", dir);
	OK(config_read(gone, &o) == NULL, "no such file");
	OK(strstr(said.data, "No such file") != NULL, "is said");
	put(b, "include \"gone\"");
	buf_clear(&said);
	OK(config_read(b, &o) == NULL && strstr(said.data, "b1.conf:1:9: ") &&
		strstr(said.data, "No such file"),
	    "a plain include must be there");
	unlink(a);
	unlink(b);
	unlink(d);
	rmdir(dir);
	free(a);
	free(b);
	free(d);
	free(gone);
	buf_free(&said);
	buf_free(&got);
}

static void
cursor(void)
{
	struct buf said = {0};
	struct config_options o = {.report = note, .arg = &said};
	struct config *c =
	    config_parse(span_of(
			     "set interval 10s to \"x y\" 1.5\nblock { a }"),
		"f", &o);
	struct config_cursor u = {.o = &o, .node = config_first(c)};
	const char *text;
	double d;

	OK(config_accept(&u, "set") && !config_accept(&u, "level"), "accept");
	OK(config_expect(&u, "interval") == 0, "expect");
	OK(config_duration(&u, "a duration", &d) == 0 && d == 10, "duration");
	OK(config_duration(&u, "a duration", &d) == -1, "not a duration");
	SAME(said.data, "f:1:18: 'to' here, expected a duration\n", "says so");
	buf_clear(&said);
	OK(config_expect(&u, "from") == -1, "not that word");
	SAME(said.data, "f:1:18: 'to' here, expected 'from'\n", "says so");
	buf_clear(&said);
	OK(config_expect(&u, "to") == 0, "that word");
	OK(config_text(&u, "a name", &text) == 0, "text");
	SAME(text, "x y", "unquoted");
	OK(config_end(&u) == -1, "not the end");
	SAME(said.data,
	    "f:1:27: '1.5' here, expected the end of the "
	    "statement\n",
	    "says so");
	buf_clear(&said);
	OK(config_number(&u, "a number", &d) == 0 && d == 1.5, "number");
	OK(config_end(&u) == 0, "the end");
	OK(config_text(&u, "a name", &text) == -1, "nothing left");
	SAME(said.data, "f:1:27: nothing behind '1.5', expected a name\n",
	    "says so");
	buf_clear(&said);
	OK(config_block(&u) == -1, "no block");
	u = (struct config_cursor){.o = &o, .node = config_first(c)->next};
	OK(config_accept(&u, "block") && config_end(&u) == -1, "a block");
	OK(config_block(&u) == 0, "is there");
	config_free(c);
	buf_free(&said);
}

int
main(void)
{
	trees();
	errors();
	bounds();
	includes();
	cursor();
	return tap_done();
}
