// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_PHONEME_H
#define NEUME_PHONEME_H

#include <stdbool.h>
#include <stdint.h>

/** The speech sounds the singer has, for a male tract of 17.5 cm. */

enum {
  N_VOWELS = 14 ///< Vowels
};

/** A vowel's formants; averages of published male data. */
typedef struct {
  double formant[4]; ///< Hz
  double weight;     ///< How common it is in song
} Vowel;

/** How a consonant is made. */
typedef enum {
  MANNER_STOP,        ///< Unvoiced: closure, burst, aspiration
  MANNER_FRICATIVE,   ///< Unvoiced noise
  MANNER_VOICED_STOP, ///< Voice bar, burst
  MANNER_VOICED       ///< Nasals, liquids, glides, voiced fricatives
} Manner;

/** A consonant; levels are in dB re the voice's mean. */
typedef struct {
  Manner manner;     ///< How it is made
  double formant[4]; ///< Formants while it lasts, Hz; 0 = the vowel's
  double voice;      ///< Level of the voice during it, dB re the vowel
  double nasal;      ///< Opening of the nose, 0..1
  double zero;       ///< Nasal zero, Hz
  double noise;      ///< Level of frication or burst, dB; -99 = none
  double friction;   ///< Centre of the frication band, Hz
  double width;      ///< Its bandwidth, Hz
  double breath;     ///< Level of aspiration through the tract, dB
  double shortest;   ///< Shortest duration, seconds
  double longest;    ///< Longest duration, seconds
  double weight;     ///< How common it is
} Consonant;

/** Vowel number `i` of N_VOWELS. */
const Vowel* phoneme_vowel(uint32_t i);

/** All consonants; their number in `*n`. */
const Consonant* phoneme_consonants(uint32_t* n);

/** True if the consonant has no voice. */
bool phoneme_is_unvoiced(const Consonant* consonant);

/** The nasal that a hum is. */
const Consonant* phoneme_hum(void);

#endif // NEUME_PHONEME_H
