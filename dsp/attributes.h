// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_ATTRIBUTES_H
#define NEUME_ATTRIBUTES_H

/** Marks a function that never allocates, locks, blocks or calls the system.

    Clang 20 and later check this (-Wfunction-effects); elsewhere it is a
    promise that the tests hold the function to.
*/
#if defined(__clang__) && __clang_major__ >= 20
#define NEUME_REALTIME __attribute__((nonblocking))
#else
#define NEUME_REALTIME
#endif

#if defined(__GNUC__)
#define NEUME_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define NEUME_PRINTF(fmt, args)
#endif

#endif // NEUME_ATTRIBUTES_H
