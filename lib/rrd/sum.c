/* SPDX-License-Identifier: MIT */
/*
 * sum: CRC-32C, by the processor's own instruction where it has one (SSE4.2),
 * else four bits at a time.  Both give the same sums.
 */
#include "rrd/sum.h"

#include <string.h>

/* Reflected polynomial 0x82f63b78, one entry a nibble. */
static const uint32_t nibble[16] = {0x00000000, 0x105ec76f, 0x20bd8ede,
    0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d, 0x82f63b78,
    0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a,
    0xf36e6f75};

static uint32_t
crc_plain(uint32_t c, const unsigned char *p, size_t len)
{
	for (; len != 0; p++, len--) {
		c ^= *p;
		c = (c >> 4) ^ nibble[c & 15];
		c = (c >> 4) ^ nibble[c & 15];
	}
	return c;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t
crc_sse42(uint32_t c, const unsigned char *p, size_t len)
{
	uint64_t c64 = c, word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		c64 = __builtin_ia32_crc32di(c64, word);
	}
	c = (uint32_t)c64;
	for (; len != 0; p++, len--)
		c = __builtin_ia32_crc32qi(c, *p);
	return c;
}
#endif

uint32_t
sum_crc32c(uint32_t sum, const void *p, size_t len)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc_sse42(~sum, p, len);
#endif
	return ~crc_plain(~sum, p, len);
}
