// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_NPY_H
#define NEUME_NPY_H

#include <stdint.h>
#include <stdio.h>

#define NPY_HEADER_BYTES 128 ///< Bytes before the first value

/** Write the header of a NumPy file (.npy, version 1.0) that holds
    little-endian float32 values, C order, shape [rows, columns].

    It has the same size for every shape, so that it can be written again, at
    the start of the file, once the number of rows is known.
*/
void npy_write_header(FILE* stream, uint64_t rows, uint32_t columns);

/** Write `n` values.  Errors stay in the stream (ferror). */
void npy_write_values(FILE* stream, const float* values, uint32_t n);

#endif // NEUME_NPY_H
