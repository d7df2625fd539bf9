/* SPDX-License-Identifier: MIT */
/*
 * codec_simdjson: the work of codec_own with simdjson On-Demand, as well as
 * we know how: documents in a stream, members in the order they are written,
 * the next entity and the next metric expected and only looked up when they
 * are not.  bench-libs: simdjson
 */
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <simdjson.h>

using namespace simdjson;

struct entity {
	std::string host, name, id;
	std::vector<std::string> metrics;
	std::vector<uint32_t> slots;
	entity *next = nullptr;
};

struct state {
	std::unordered_map<std::string, entity> entities;
	std::vector<double> slots = std::vector<double>(1 << 24);
	entity *now = nullptr;
	uint32_t used = 0;
	size_t samples = 0, lines = 0;
	double ts = 0;
};

static double
cpu()
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static entity *
find_entity(state &s, std::string_view host, std::string_view name,
    std::string_view id)
{
	entity *expected = s.now != nullptr ? s.now->next : nullptr;

	if (expected == nullptr || expected->id != id ||
	    expected->host != host || expected->name != name) {
		std::string key;

		key.append(host).append(1, '\0').append(name);
		key.append(1, '\0').append(id);
		entity &e = s.entities[key];
		if (e.id.empty()) {
			e.host = host;
			e.name = name;
			e.id = id;
		}
		if (s.now != nullptr)
			s.now->next = &e;
		expected = &e;
	}
	s.now = expected;
	return expected;
}

/* Another metric than was expected there. */
static uint32_t
find_slot(state &s, entity &e, size_t i, std::string_view metric)
{
	for (size_t k = 0; k < e.metrics.size(); k++) {
		if (e.metrics[k] == metric)
			return e.slots[k];
	}
	e.metrics.insert(e.metrics.begin() + (long)i, std::string(metric));
	e.slots.insert(e.slots.begin() + (long)i, s.used);
	return s.used++;
}

static void
read_line(state &s, ondemand::document_reference doc)
{
	ondemand::object o = doc.get_object();
	double ts = o["ts"];
	std::string_view host = o["host"];
	std::string_view name = o["entity"];
	std::string_view id = o["id"];
	entity &e = *find_entity(s, host, name, id);
	size_t i = 0;

	for (auto field : o["values"].get_object()) {
		ondemand::raw_json_string key = field.key();
		double v = field.value();
		uint32_t slot;

		if (i < e.metrics.size() && key.unsafe_is_equal(e.metrics[i])) {
			slot = e.slots[i];
		} else {
			const char *p = key.raw();
			const char *q = p;

			while (*q != '"')
				q++;
			slot = find_slot(s, e, i,
			    std::string_view(p, (size_t)(q - p)));
		}
		s.slots[slot] = v;
		i++;
	}
	s.ts = ts;
	s.samples += i;
	s.lines++;
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	auto json = padded_string::load(argv[1]).value();
	ondemand::parser parser;
	state s;

	for (long round = strtol(argv[2], nullptr, 10); round > 0; round--) {
		double start = cpu();

		s.samples = s.lines = 0;
		ondemand::document_stream docs = parser.iterate_many(json,
		    1000000);
		for (auto doc : docs)
			read_line(s, doc.value());
		start = cpu() - start;
		printf("%.6f %zu %zu %zu\n", start, json.size(), s.lines,
		    s.samples);
	}
	double sum = 0;
	for (uint32_t i = 0; i < s.used; i++)
		sum += s.slots[i];
	fprintf(stderr, "slots %u sum %.17g ts %.17g (%s)\n", s.used, sum, s.ts,
	    get_active_implementation()->name().c_str());
	return 0;
}
