// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_SINGER_H
#define NEUME_SINGER_H

#include <stdint.h>

/** A synthetic singer whose every note is known.

    Tests, the demo and training share it.  Everything follows from the seed:
    the same seed, rate and options give the same samples on one machine.
    Not realtime-safe (allocates); any thread, no global state.
*/

/** A sung note, or one to sing. */
typedef struct {
  double onset;    ///< Start of the voiced part, seconds
  double offset;   ///< End of the voiced part, seconds
  double midi;     ///< Intended pitch, MIDI number (whole, at A4 = 440 Hz)
  double loudness; ///< dB relative to the singer's mean
} SynthNote;

/** One singer's voice and manner; synth_voice_random() draws one. */
typedef struct {
  double tract; ///< Vocal tract length factor: 1 male, 0.85 female, 0.7 child
  double tilt; ///< Source tilt, dB per octave, about -6 (pressed) to -18 (soft)
  double breath;        ///< Aspiration noise relative to the voice, dB
  double tuning;        ///< Constant offset from concert pitch, cents
  double vibrato_rate;  ///< Hz, 4..8
  double vibrato_depth; ///< Peak deviation, cents, 0..150
  double vibrato_delay; ///< Seconds after the onset until vibrato sets in
  double drift;         ///< Slow random deviation, standard deviation, cents
  double jitter;        ///< Period-to-period deviation, cents
  double scoop;         ///< Typical start below the note, cents
  double scoop_time;    ///< Seconds
  double portamento;    ///< Seconds that a legato change takes
  double attack;        ///< Seconds
  double release;       ///< Seconds
  double consonants;    ///< Share of notes that start with a consonant, 0..1
  double breaths;       ///< Share of rests in which the singer breathes, 0..1
  double
    open; ///< Open quotient: 0.4 pressed, 0.6 modal (as is 0), 0.9 falsetto
  double shimmer;   ///< Period-to-period level deviation, dB
  double ring;      ///< Singer's formant, 0 (none) to 1 (full)
  double creak;     ///< Share of low notes that start or end in creak, 0..1
  double rough;     ///< Subharmonic from uneven periods, 0..1
  double hum;       ///< Share of phrases that are hummed, 0..1
  double vowels;    ///< Share of syllables that change the vowel, 0..1
  double overshoot; ///< Overshoot of a pitch step, share of the step, 0..0.3
  double fall;      ///< Typical fall of pitch before a rest, cents
  double dip;       ///< Typical dip of pitch at a note's consonant, cents
  double
    late; ///< Share of rising notes that arrive late, 0..1; fewer of others
  double late_time; ///< Typical seconds until those have arrived
} SynthVoice;

/** What a random melody keeps to. */
typedef struct {
  int    low;    ///< Lowest MIDI number
  int    high;   ///< Highest MIDI number
  double tempo;  ///< Beats per minute
  double rests;  ///< Share of time that is silent, 0..1
  double legato; ///< Share of note changes without a gap, 0..1
} SynthMelody;

/** Draw a voice for a melody around MIDI number `centre`; it is never late. */
SynthVoice synth_voice_random(uint64_t seed, double centre);

/** Draw a melody of `seconds`, at most `max` notes; returns their number.

    Notes are in order and do not overlap.
*/
uint32_t synth_melody_random(uint64_t           seed,
                             const SynthMelody* melody,
                             double             seconds,
                             SynthNote*         notes,
                             uint32_t           max);

/** Sing `notes` into `out`, `n` samples at `rate` Hz (8 to 48 kHz).

    The mean level while singing is about -20 dBFS RMS.  `f0`, if not NULL,
    gets the fundamental of each sample in Hz, 0 where no voice sounds.
    Returns 0, or -1 without memory or for arguments out of range.
*/
int synth_sing(uint64_t          seed,
               const SynthVoice* voice,
               const SynthNote*  notes,
               uint32_t          n_notes,
               double            rate,
               float*            out,
               float*            f0,
               uint32_t          n);

#endif // NEUME_SINGER_H
