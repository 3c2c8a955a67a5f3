// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "npy.h"

#include <inttypes.h>
#include <string.h>

/** Magic, version 1.0, and the length of what follows, little-endian. */
static const char magic[10] = {
  '\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, NPY_HEADER_BYTES - 10, 0
};

void npy_write_header(FILE* stream, uint64_t rows, uint32_t columns)
{
  char header[NPY_HEADER_BYTES + 1];
  memset(header, ' ', sizeof(header));
  memcpy(header, magic, sizeof(magic));

  const size_t room = NPY_HEADER_BYTES - sizeof(magic);
  const int    used =
    snprintf(header + sizeof(magic),
             room,
             "{'descr': '<f4', 'fortran_order': False, 'shape': (%" PRIu64
             ", %" PRIu32 "), }",
             rows,
             columns);
  header[sizeof(magic) + (size_t)used] = ' ';
  header[NPY_HEADER_BYTES - 1]         = '\n';
  fwrite(header, 1, NPY_HEADER_BYTES, stream);
}

void npy_write_values(FILE* stream, const float* values, uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    uint32_t bits = 0;
    memcpy(&bits, &values[i], sizeof(bits));
    const uint8_t bytes[4] = { (uint8_t)bits,
                               (uint8_t)(bits >> 8U),
                               (uint8_t)(bits >> 16U),
                               (uint8_t)(bits >> 24U) };
    fwrite(bytes, 1, sizeof(bytes), stream);
  }
}
