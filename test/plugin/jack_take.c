// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// jack_take HOST PHRASE.wav NOTES.csv: play a phrase to the port `in` of a JACK
// client, and write down the notes that leave its port `midi_out`
//
// The server freewheels meanwhile, so that no deadline can be missed.  Times
// are seconds from the first sample of the phrase, to the sample.

#include "audio.h"
#include "command.h"
#include "csv.h"

#include <jack/jack.h>
#include <jack/midiport.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVENTS_MAX   4096U
#define TAIL_SECONDS 3U  ///< Silence after the phrase, in which notes end
#define PATIENCE     60U ///< Seconds of which no take needs more

/** A short MIDI message. */
typedef struct {
  int64_t position; ///< Samples from the start of the phrase
  uint8_t bytes[3]; ///< The message
} Event;

/** What both clients share.

    They are two, so that the host stands between them in the server's graph and
    all three work in one cycle: the player first, the recorder last.
*/
typedef struct {
  jack_client_t* player;    ///< Has `voice`
  jack_client_t* recorder;  ///< Has `notes`
  jack_port_t*   voice;     ///< Audio out
  jack_port_t*   notes;     ///< MIDI in
  float*         phrase;    ///< Owned, `length` samples
  uint32_t       length;    ///< Samples of `phrase`
  uint32_t       rate;      ///< Of phrase and server, Hz
  uint32_t       played;    ///< Samples of phrase and tail that were played
  atomic_bool    freewheel; ///< The phrase may start
  atomic_bool    done;      ///< Phrase and tail are over
  atomic_llong   cycle;     ///< Where this cycle starts; below 0 before
  Event          events[EVENTS_MAX]; ///< In the order in which they came
  uint32_t       n_events;           ///< Events in use
  bool           overrun;            ///< There were more, or longer ones
} Take;

static void on_freewheel(int starting, void* arg)
{
  Take* const take = (Take*)arg;
  atomic_store(&take->freewheel, starting != 0);
}

static int play(jack_nframes_t n, void* arg)
{
  Take* const  take = (Take*)arg;
  float* const out  = (float*)jack_port_get_buffer(take->voice, n);
  memset(out, 0, n * sizeof(float));

  const bool rolls = atomic_load(&take->freewheel) && !atomic_load(&take->done);
  atomic_store(&take->cycle, rolls ? (long long)take->played : -1LL);
  if (!rolls) {
    return 0;
  }
  if (take->played < take->length) {
    const uint32_t left = take->length - take->played;
    memcpy(
      out, take->phrase + take->played, (left < n ? left : n) * sizeof(float));
  }
  take->played += n;
  return 0;
}

static int hear(jack_nframes_t n, void* arg)
{
  Take* const     take  = (Take*)arg;
  void* const     port  = jack_port_get_buffer(take->notes, n);
  const long long cycle = atomic_load(&take->cycle);
  if (cycle < 0) {
    return 0;
  }

  const uint32_t n_events = jack_midi_get_event_count(port);
  for (uint32_t i = 0; i < n_events; ++i) {
    jack_midi_event_t event;
    if (jack_midi_event_get(&event, port, i)) {
      continue;
    }
    if (event.size != 3U || take->n_events == EVENTS_MAX) {
      take->overrun = true;
      continue;
    }
    Event* const e = &take->events[take->n_events++];
    e->position    = cycle + (int64_t)event.time;
    memcpy(e->bytes, event.buffer, 3);
  }
  if (cycle + (long long)n >=
      (long long)take->length + (long long)TAIL_SECONDS * take->rate) {
    atomic_store(&take->done, true);
  }
  return 0;
}

/** Read the whole phrase; false after saying why not. */
static bool load(Take* take, const char* path)
{
  char         message[COMMAND_MESSAGE_MAX];
  Audio* const audio = audio_open(path, message);
  if (!audio) {
    fprintf(stderr, "%s\n", message);
    return false;
  }
  take->rate = (uint32_t)audio_rate(audio);

  bool good = true;
  for (;;) {
    float* const grown = (float*)realloc(
      take->phrase, (take->length + (size_t)AUDIO_BLOCK) * sizeof(float));
    if (!grown) {
      fprintf(stderr, "no memory\n");
      good = false;
      break;
    }
    take->phrase = grown;
    uint32_t n   = 0;
    good         = audio_read(audio, grown + take->length, &n, message);
    if (!good) {
      fprintf(stderr, "%s\n", message);
    }
    if (!good || !n) {
      break;
    }
    take->length += n;
  }
  audio_close(audio);
  return good;
}

/** Stand on both sides of the host: our voice goes in, its notes come out. */
static bool surround(const Take* take, const char* host)
{
  char in[256];
  char out[256];
  snprintf(in, sizeof(in), "%s:in", host);
  snprintf(out, sizeof(out), "%s:midi_out", host);
  if (jack_connect(take->player, jack_port_name(take->voice), in) ||
      jack_connect(take->recorder, out, jack_port_name(take->notes))) {
    fprintf(stderr, "%s and %s can't be connected\n", in, out);
    return false;
  }
  return true;
}

/** Join the server and the host. */
static bool join(Take* take, const char* host)
{
  take->player   = jack_client_open("neume-voice", JackNoStartServer, NULL);
  take->recorder = jack_client_open("neume-notes", JackNoStartServer, NULL);
  if (!take->player || !take->recorder) {
    fprintf(stderr, "no JACK server\n");
    return false;
  }
  if (jack_get_sample_rate(take->player) != take->rate) {
    fprintf(stderr, "the server has another sample rate\n");
    return false;
  }
  take->voice = jack_port_register(
    take->player, "voice", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
  take->notes = jack_port_register(
    take->recorder, "notes", JACK_DEFAULT_MIDI_TYPE, JackPortIsInput, 0);
  return take->voice && take->notes &&
         !jack_set_process_callback(take->player, play, take) &&
         !jack_set_process_callback(take->recorder, hear, take) &&
         !jack_set_freewheel_callback(take->player, on_freewheel, take) &&
         !jack_activate(take->recorder) && !jack_activate(take->player) &&
         surround(take, host);
}

/** Let the phrase run through; false if it takes too long. */
static bool roll(Take* take)
{
  static const struct timespec nap = { 0, 10000000 };
  if (jack_set_freewheel(take->player, 1)) {
    fprintf(stderr, "the server does not freewheel\n");
    return false;
  }
  for (uint32_t i = 0; i < PATIENCE * 100U && !atomic_load(&take->done); ++i) {
    nanosleep(&nap, NULL);
  }
  jack_set_freewheel(take->player, 0);
  if (!atomic_load(&take->done)) {
    fprintf(stderr, "the phrase has not come to its end\n");
    return false;
  }
  return true;
}

/** Make notes of the events: each on has its off, one note sounds at a time. */
static bool pair(const Take* take, NoteList* list)
{
  bool sounds = false;
  for (uint32_t i = 0; i < take->n_events; ++i) {
    const Event* const e      = &take->events[i];
    const double       time   = (double)e->position / take->rate;
    const uint8_t      status = e->bytes[0] & 0xF0U;
    if (status == 0x90U && !sounds) {
      const Note note = { time, time, e->bytes[1], e->bytes[2], 1.0 };
      if (!note_list_push(list, &note)) {
        return false;
      }
      sounds = true;
    } else if (status == 0x80U && sounds &&
               list->notes[list->size - 1U].midi == (double)e->bytes[1]) {
      list->notes[list->size - 1U].offset = time;
      sounds                              = false;
    } else if (status == 0x80U || status == 0x90U) {
      fprintf(stderr, "note-ons and note-offs do not alternate\n");
      return false;
    }
  }
  if (sounds || take->overrun) {
    fprintf(stderr, sounds ? "a note is stuck\n" : "too many events\n");
    return false;
  }
  return true;
}

static bool save(const NoteList* list, const char* path)
{
  FILE* const file = fopen(path, "w");
  if (!file) {
    perror(path);
    return false;
  }
  csv_write_notes(file, list);
  const bool good = !ferror(file);
  return !fclose(file) && good;
}

int main(int argc, char** argv)
{
  static Take take;
  NoteList    list = { 0 };
  if (argc != 4) {
    fprintf(stderr, "Usage: jack_take HOST PHRASE.wav NOTES.csv\n");
    return EXIT_USAGE;
  }

  bool good = load(&take, argv[2]) && join(&take, argv[1]) && roll(&take);
  // The clients write to `take` for as long as they live
  if (take.player) {
    jack_client_close(take.player);
  }
  if (take.recorder) {
    jack_client_close(take.recorder);
  }
  good = good && pair(&take, &list) && save(&list, argv[3]);

  note_list_free(&list);
  free(take.phrase);
  return good ? EXIT_OK : EXIT_FAILED;
}
