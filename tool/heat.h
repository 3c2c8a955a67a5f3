// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_HEAT_H
#define NEUME_HEAT_H

#include "canvas.h"
#include "listen.h"
#include "logmel.h"

/** The log-mel picture: features as colours. */
typedef struct {
  const Transcript*    transcript; ///< Features, not owned
  const NeumeFrontEnd* front_end;  ///< Where the bands lie, not owned
  float                dark;       ///< Feature shown darkest
  float                bright;     ///< Feature shown brightest
} Heat;

/** Choose the colours' range from the features of `transcript`. */
Heat heat_make(const Transcript* transcript, const NeumeFrontEnd* front_end);

/** The band, from 0 and between whole numbers, in whose middle the pitch
    `midi` lies; NAN outside of all bands. */
double heat_band(const Heat* heat, double midi);

/** Colour at a band and a time in seconds, interpolated. */
Colour heat_colour(const Heat* heat, double band, double time);

#endif // NEUME_HEAT_H
