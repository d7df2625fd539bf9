/* SPDX-License-Identifier: MIT */
/* sum: CRC-32C (RFC 3720 B.4), continued from an earlier sum; begin with 0. */
#ifndef NC_RRD_SUM_H
#define NC_RRD_SUM_H

#include <stddef.h>
#include <stdint.h>

uint32_t sum_crc32c(uint32_t sum, const void *p, size_t len);

#endif
