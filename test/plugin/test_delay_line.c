// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "delay_line.h"

#include "test.h"

#include <stdint.h>

/** What goes in comes out `delay` later, in place and in blocks of any size. */
static void test_delay(uint32_t most, uint32_t delay)
{
  NeumeDelayLine line;
  CHECK(neume_delay_line_init(&line, most));

  float    data[97];
  uint32_t done = 0;
  for (uint32_t block = 1; done < 4U * most + 500U; block = block % 97U + 1U) {
    for (uint32_t i = 0; i < block; ++i) {
      data[i] = (float)(done + i + 1U);
    }
    neume_delay_line_run(&line, delay, data, data, block);
    for (uint32_t i = 0; i < block; ++i) {
      const uint32_t n = done + i + 1U;
      CHECK(data[i] == (n > delay ? (float)(n - delay) : 0.0f));
    }
    done += block;
  }

  neume_delay_line_reset(&line);
  data[0] = 5.0f;
  neume_delay_line_run(&line, delay, data, data, 1);
  CHECK(data[0] == (delay ? 0.0f : 5.0f));
  neume_delay_line_clear(&line);
}

int main(void)
{
  test_delay(0, 0);
  test_delay(1, 1);
  test_delay(1000, 0);
  test_delay(1000, 1);
  test_delay(1000, 1000);
  test_delay(1024, 1024);
  return test_report();
}
