// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "meter.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void meter_init(Meter* meter)
{
  *meter = (Meter){ isatty(STDERR_FILENO) == 1, false, now() };
}

void meter_show(Meter*   meter,
                uint32_t finished,
                uint32_t n,
                double   share,
                double   seconds)
{
  if (meter->terminal) {
    const double spent = now() - meter->start;
    fprintf(stderr,
            "\r\033[K%3.0f%%  %u of %u files, %.0f times real time",
            100.0 * share,
            finished,
            n,
            spent > 0.0 ? seconds / spent : 0.0);
    meter->shown = true;
  }
}

void meter_clear(Meter* meter)
{
  if (meter->shown) {
    fputs("\r\033[K", stderr);
    meter->shown = false;
  }
}
