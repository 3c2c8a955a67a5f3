// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "batch.h"
#include "command.h"
#include "constants.h"
#include "csv.h"
#include "jobs.h"
#include "output.h"
#include "scribe.h"
#include "weights.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
  "Usage: neume transcribe FILE... [OPTION]...\n"
  "Find the notes that are sung in recordings.  Without an option that says\n"
  "what to write, the notes are printed.\n"
  "\n"
  "What to write; NAME is the file's name without folder and suffix:\n"
  "  --notes DIR       DIR/NAME.notes.csv: "
  "onset,offset,midi,velocity,confidence\n"
  "  --frames DIR      DIR/NAME.frames.csv: time,note,midi,cents,confidence\n"
  "  --midi DIR        DIR/NAME.mid\n"
  "  --picture DIR     DIR/NAME.png: the notes over the log-mel picture\n"
  "  --print           Print the notes, too\n"
  "  --truth FILE.csv  Draw these notes beside the found ones (one FILE only)\n"
  "\n"
  "How to listen; the defaults are the plugin's:\n"
  "  --lookahead MS    Decide this much later, 0 to 1250; 0\n"
  "  --threshold P     Posterior that a note needs to start, 0 to 1; 0.5\n"
  "  --gate DB         Level below which no note starts, -90 (off) to 0 dBFS; "
  "-90\n"
  "  --min-note MS     Shortest note, 0 to 500; 60\n"
  "  --a4 HZ           What A4 is tuned to, 415 to 466; 440\n"
  "  --follow          Take off how far the singer is off that\n"
  "  --decided         Date a note by when it is decided, less the mean "
  "delay,\n"
  "                    not by when it was heard to begin\n"
  "  --model FILE      Weights, live or accurate or a file; what suits MS\n"
  "  --interleave P    Decide every 125 / P ms; P is 1, 2, 4 or 8; 8\n"
  "\n"
  "  --jobs N          Files at one time; the number of processors\n"
  "  --quiet           Show no progress\n"
  "  --help            Show this help\n";

enum { OPT_FOLDER = 256 }; ///< OPT_FOLDER + k is the folder of output k

static const struct option long_options[] = {
  { "notes", required_argument, NULL, OPT_FOLDER + SCRIBE_NOTES },
  { "frames", required_argument, NULL, OPT_FOLDER + SCRIBE_FRAMES },
  { "midi", required_argument, NULL, OPT_FOLDER + SCRIBE_MIDI },
  { "picture", required_argument, NULL, OPT_FOLDER + SCRIBE_PICTURE },
  { "truth", required_argument, NULL, 't' },
  { "lookahead", required_argument, NULL, 'l' },
  { "threshold", required_argument, NULL, 'r' },
  { "gate", required_argument, NULL, 'g' },
  { "min-note", required_argument, NULL, 'n' },
  { "a4", required_argument, NULL, 'a' },
  { "follow", no_argument, NULL, 'f' },
  { "decided", no_argument, NULL, 'd' },
  { "model", required_argument, NULL, 'm' },
  { "interleave", required_argument, NULL, 'p' },
  { "jobs", required_argument, NULL, 'j' },
  { "print", no_argument, NULL, 'P' },
  { "quiet", no_argument, NULL, 'q' },
  { "help", no_argument, NULL, 'h' },
  { NULL, 0, NULL, 0 }
};

/** All that the command line says. */
typedef struct {
  Batch       batch;      ///< What to do
  const char* model_path; ///< --model, or NULL
  const char* truth_path; ///< --truth, or NULL
  bool        print;      ///< --print
} Call;

/** Read a number for a parameter of the tracker, a float. */
static bool read_float(const char* option,
                       double      low,
                       double      high,
                       float*      value)
{
  double number = 0.0;
  if (!command_number("transcribe", option, optarg, low, high, &number)) {
    return false;
  }
  *value = (float)number;
  return true;
}

/** Take one option; -1 to go on, else an exit code. */
static int take_option(Call* call, int c, char** argv)
{
  ListenOptions* const l  = &call->batch.scribe.listen;
  bool                 ok = true;
  switch (c) {
    case 't':
      call->truth_path = optarg;
      break;
    case 'l':
      ok = read_float(
        "--lookahead", 0.0, NEUME_LOOKAHEAD_MAX_MS, &l->params.lookahead_ms);
      break;
    case 'r':
      ok = read_float("--threshold", 0.0, 1.0, &l->params.threshold);
      break;
    case 'g':
      ok = read_float("--gate", -90.0, 0.0, &l->params.gate_db);
      break;
    case 'n':
      ok = read_float(
        "--min-note", 0.0, NEUME_MIN_NOTE_MAX_MS, &l->params.min_note_ms);
      break;
    case 'a':
      ok = read_float(
        "--a4", (double)NEUME_A4_MIN, (double)NEUME_A4_MAX, &l->params.a4_hz);
      break;
    case 'f':
      l->params.follow = true;
      break;
    case 'd':
      l->decided = true;
      break;
    case 'm':
      call->model_path = optarg;
      break;
    case 'p':
      ok = command_interleave("transcribe", optarg, &l->interleave);
      break;
    case 'j':
      ok = command_integer(
        "transcribe", "--jobs", optarg, 1, 1024, &call->batch.jobs);
      break;
    case 'P':
      call->print = true;
      break;
    case 'q':
      call->batch.quiet = true;
      break;
    case 'h':
      return command_help(help);
    default:
      if (c < OPT_FOLDER) {
        return command_bad_option("transcribe", c, argv);
      }
      call->batch.scribe.folders[c - OPT_FOLDER] = optarg;
  }
  return ok ? -1 : EXIT_USAGE;
}

static bool make_folders(const char* const folders[N_SCRIBE_OUTPUTS])
{
  char message[COMMAND_MESSAGE_MAX];
  for (int k = 0; k < N_SCRIBE_OUTPUTS; ++k) {
    if (folders[k] && !output_folder(folders[k], message)) {
      command_error("%s", message);
      return false;
    }
  }
  return true;
}

/** Never write over what is read: `n` files, and the truth. */
static bool protect(const char* truth, char** paths, int n)
{
  bool ok = !truth || output_protect(truth);
  for (int i = 0; ok && i < n; ++i) {
    ok = output_protect(paths[i]);
  }
  if (!ok) {
    command_error("out of memory");
  }
  return ok;
}

static int transcribe(Call* call)
{
  ScribeOptions* const    scribe = &call->batch.scribe;
  char                    message[COMMAND_MESSAGE_MAX];
  NoteList                truth = { NULL, 0, 0 };
  const NeumeModel* const model = weights_load(
    call->model_path, (double)call->batch.scribe.listen.params.lookahead_ms);
  int status = EXIT_FAILED;
  if (!model) {
    return status;
  }
  scribe->listen.model = model;
  if (call->truth_path && !csv_read_notes(call->truth_path, &truth, message)) {
    command_error("%s: %s", call->truth_path, message);
  } else if (make_folders(scribe->folders)) {
    scribe->truth = call->truth_path ? &truth : NULL;
    status        = batch_run(&call->batch);
  }
  note_list_free(&truth);
  neume_model_release(model);
  return status;
}

int command_transcribe(int argc, char** argv)
{
  Call                 call  = { .batch = { .jobs = jobs_processors() } };
  Batch* const         batch = &call.batch;
  ListenOptions* const l     = &batch->scribe.listen;
  l->params                  = neume_defaults();
  l->interleave              = NEUME_INTERLEAVE;
  l->batch                   = NEUME_BATCH;
  for (int c = 0;
       (c = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
    const int status = take_option(&call, c, argv);
    if (status >= 0) {
      return status;
    }
  }
  for (int k = 0; k < N_SCRIBE_OUTPUTS; ++k) {
    batch->writes = batch->writes || batch->scribe.folders[k];
  }
  batch->prints    = call.print || !batch->writes;
  l->keep_features = batch->scribe.folders[SCRIBE_PICTURE] != NULL;
  if (optind == argc) {
    return command_usage("transcribe", "a FILE is missing");
  }
  if (call.truth_path && (!l->keep_features || argc - optind > 1)) {
    return command_usage("transcribe",
                         "--truth goes with --picture and one FILE");
  }

  char** const paths  = argv + optind;
  const int    n      = argc - optind;
  int          status = batch_add(batch, paths, n);
  if (!status) {
    status =
      protect(call.truth_path, paths, n) ? transcribe(&call) : EXIT_FAILED;
  }
  batch_free(batch);
  return status;
}
