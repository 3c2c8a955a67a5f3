// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "scale.h"

#include "test.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/** Whether a note of C major. */
static bool is_white(uint32_t midi)
{
  return (0xAB5U >> (midi % 12U)) & 1U;
}

int main(void)
{
  for (uint32_t midi = 45; midi <= 83U; ++midi) {
    CHECK(neume_scale_nearest(NEUME_SCALE_CHROMATIC, 5, midi, 50.0f) == midi);

    // C major, and A minor, which has its notes
    for (int side = -1; side < 2; side += 2) {
      const float    cents = 20.0f * (float)side;
      const uint32_t major =
        neume_scale_nearest(NEUME_SCALE_MAJOR, 0, midi, cents);
      const uint32_t wanted = is_white(midi) ? midi : midi + (uint32_t)side;
      CHECK_MSG(major == wanted, "%u to %u", midi, major);
      CHECK(neume_scale_nearest(NEUME_SCALE_MINOR, 9, midi, cents) == major);
      CHECK(neume_scale_nearest(NEUME_SCALE_DORIAN, 2, midi, cents) == major);
      CHECK(neume_scale_nearest(NEUME_SCALE_PHRYGIAN, 4, midi, cents) == major);
      CHECK(neume_scale_nearest(NEUME_SCALE_LYDIAN, 5, midi, cents) == major);
      CHECK(neume_scale_nearest(NEUME_SCALE_MIXOLYDIAN, 7, midi, cents) ==
            major);
      CHECK(neume_scale_nearest(NEUME_SCALE_LOCRIAN, 11, midi, cents) == major);
    }

    // Every scale on every key: what is in it stays, the rest moves little
    for (int scale = 0; scale < NEUME_N_SCALES; ++scale) {
      for (uint32_t key = 0; key < 12U; ++key) {
        const NeumeScale s    = (NeumeScale)scale;
        const uint32_t   note = neume_scale_nearest(s, key, midi, 10.0f);
        CHECK(abs((int)note - (int)midi) <= 2);
        CHECK(neume_scale_nearest(s, key, note, -10.0f) == note);
        CHECK(neume_scale_nearest(s, key, 48U + key, 0.0f) == 48U + key);
      }
    }
  }
  CHECK(neume_scale_nearest(NEUME_SCALE_BLUES, 9, 75, 0.0f) == 75U); // A blues
  CHECK(neume_scale_nearest(NEUME_SCALE_MINOR_PENTATONIC, 9, 75, 1.0f) == 76U);
  CHECK(neume_scale_nearest(NEUME_SCALE_HARMONIC_MINOR, 9, 67, 1.0f) == 68U);
  return test_report();
}
