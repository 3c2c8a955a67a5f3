// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_TUNING_H
#define NEUME_TUNING_H

#include "attributes.h"

#define NEUME_OFFSET_MAX 50.0f ///< Most that a singer is off, cents either way

/** How far a singer is off the tuning, as a running mean over what was sung.

    Deviations are directions on a circle of 100 cents, since a voice 60 cents
    above one note is 40 below the next.  Their mean (Mardia & Jupp,
    Directional Statistics, 2000, section 2.2) fades over seconds of singing;
    pauses leave it alone.  The offset follows it slowly, and only where the
    deviations agree; it stays within NEUME_OFFSET_MAX.
*/
typedef struct {
  double cosine;  ///< Fading sums over the deviations
  double sine;    ///< The same
  double seconds; ///< Of singing in the sums, fading as well
  float  offset;  ///< In force, cents
} NeumeTuning;

/** Begin with a singer in tune.  Realtime-safe. */
void neume_tuning_reset(NeumeTuning* tuning) NEUME_REALTIME;

/** Hear a voice `cents` away from the nearest note of the tuning, the offset
    in force taken off already, for `seconds`.  Returns the offset.
    Realtime-safe. */
float neume_tuning_hear(NeumeTuning* tuning,
                        float        cents,
                        double       seconds) NEUME_REALTIME;

#endif // NEUME_TUNING_H
