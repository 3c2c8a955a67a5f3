// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "delay_line.h"

#include "mapped.h"

#include <stdlib.h>
#include <string.h>

bool neume_delay_line_init(NeumeDelayLine* line, uint32_t most)
{
  line->size = 1;
  line->next = 0;
  while (line->size <= most) {
    line->size *= 2U;
  }
  line->samples = (float*)neume_mapped_calloc(line->size, sizeof(float));
  return line->samples != NULL;
}

void neume_delay_line_clear(NeumeDelayLine* line)
{
  free(line->samples);
  line->samples = NULL;
}

void neume_delay_line_reset(NeumeDelayLine* line)
{
  memset(line->samples, 0, line->size * sizeof(float));
}

void neume_delay_line_run(NeumeDelayLine* line,
                          uint32_t        delay,
                          const float*    in,
                          float*          out,
                          uint32_t        n)
{
  const uint32_t mask = line->size - 1U;
  for (uint32_t i = 0; i < n; ++i) {
    line->samples[line->next] = in[i];
    out[i]                    = line->samples[(line->next - delay) & mask];
    line->next                = (line->next + 1U) & mask;
  }
}
