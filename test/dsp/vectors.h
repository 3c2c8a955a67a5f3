// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_TEST_VECTORS_H
#define NEUME_TEST_VECTORS_H

#include <stddef.h>
#include <stdint.h>

/** A file of test vectors; see train/neume_train/vectors.py.  The files are
    ours and little-endian: whatever is wrong with one aborts the test. */
typedef struct Vectors Vectors;

Vectors* vectors_load(const char* path);

void vectors_free(Vectors* vectors);

/** The tensor `name`, [rows][columns], or NULL if there is none; one of a
    single dimension has one row. */
const float* vectors_tensor(const Vectors* vectors,
                            const char*    name,
                            uint32_t*      rows,
                            uint32_t*      columns);

#endif // NEUME_TEST_VECTORS_H
