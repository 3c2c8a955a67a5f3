// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "compare.h"

#include "command.h"
#include "csv.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
  "Usage: neume compare TRUTH.csv FOUND.csv [--tolerance MS]\n"
  "Set two lists of notes (columns onset, offset, midi) side by side: the "
  "true\n"
  "ones, and the ones that were found.\n"
  "\n"
  "  --tolerance MS    How far apart the onsets of a pair may lie, 1 to 2000;\n"
  "                    200\n"
  "  --help            Show this help\n";

/** Onsets that were printed with six decimals may differ by this and be equal.
 */
static const double time_epsilon = 1e-6;

/** Pairs that are looked at, at most: far more than any voice sings. */
#define CANDIDATES_MAX ((size_t)1 << 22)

/** Two notes that might be a pair. */
typedef struct {
  size_t truth; ///< Index of the true note
  size_t found; ///< Index of the found note
  double apart; ///< Distance of their onsets, seconds
} Candidate;

/** Candidates as they are collected. */
typedef struct {
  Candidate* all;      ///< Owned
  size_t     size;     ///< Candidates in use
  size_t     capacity; ///< Candidates that fit
} Candidates;

/** Find all pairs of notes with onsets near enough; false without memory, or
    if there are too many. */
static bool find_candidates(const NoteList* truth,
                            const NoteList* found,
                            double          tolerance,
                            Candidates*     list)
{
  const double reach = tolerance + time_epsilon;
  size_t       first = 0;
  for (size_t t = 0; t < truth->size; ++t) {
    const double onset = truth->notes[t].onset;
    while (first < found->size && found->notes[first].onset < onset - reach) {
      ++first;
    }
    for (size_t f = first;
         f < found->size && found->notes[f].onset <= onset + reach;
         ++f) {
      void*      data = list->all;
      const bool ok =
        list->size < CANDIDATES_MAX &&
        list_grow(&data, list->size, &list->capacity, sizeof(Candidate));
      list->all = data;
      if (!ok) {
        return false;
      }
      list->all[list->size++] =
        (Candidate){ t, f, fabs(found->notes[f].onset - onset) };
    }
  }
  return true;
}

static int by_distance(const void* a, const void* b)
{
  const Candidate* const x = a;
  const Candidate* const y = b;
  return (x->apart != y->apart) ? (x->apart > y->apart) - (x->apart < y->apart)
         : (x->truth != y->truth)
           ? (x->truth > y->truth) - (x->truth < y->truth)
           : (x->found > y->found) - (x->found < y->found);
}

/** Pair what is nearest and still alone. */
static void make_pairs(const NoteList*   truth,
                       const NoteList*   found,
                       const Candidates* list,
                       bool              same_pitch,
                       const Note**      partner,
                       bool*             taken)
{
  for (size_t i = 0; i < list->size; ++i) {
    const Candidate* const c = &list->all[i];
    const double           interval =
      fabs(truth->notes[c->truth].midi - found->notes[c->found].midi);
    if (!partner[c->truth] && !taken[c->found] &&
        (!same_pitch || interval <= 0.5)) {
      partner[c->truth] = &found->notes[c->found];
      taken[c->found]   = true;
    }
  }
}

static int by_time(const void* a, const void* b)
{
  const Match* const x  = a;
  const Match* const y  = b;
  const double       tx = x->truth ? x->truth->onset : x->found->onset;
  const double       ty = y->truth ? y->truth->onset : y->found->onset;
  return (tx > ty) - (tx < ty);
}

static void add_row(Comparison* c, MatchKind kind, const Note* t, const Note* f)
{
  c->rows[c->size++] = (Match){ kind, t, f };
  ++c->count[kind];
}

bool compare_notes(const NoteList* truth,
                   const NoteList* found,
                   double          tolerance,
                   Comparison*     comparison)
{
  Comparison* const c       = comparison;
  const Note**      partner = calloc(truth->size + 1, sizeof(void*));
  bool*             taken   = calloc(found->size + 1, sizeof(*taken));
  Candidates        list    = { NULL, 0, 0 };

  *c      = (Comparison){ NULL, 0, { 0 } };
  c->rows = calloc(truth->size + found->size + 1, sizeof(*c->rows));

  const bool ok = partner && taken && c->rows &&
                  find_candidates(truth, found, tolerance, &list);
  if (ok) {
    if (list.size) {
      qsort(list.all, list.size, sizeof(Candidate), by_distance);
    }
    make_pairs(truth, found, &list, true, partner, taken);
    for (size_t t = 0; t < truth->size; ++t) {
      if (partner[t]) {
        add_row(c, MATCH_RIGHT, &truth->notes[t], partner[t]);
      }
    }
    const size_t n_right = c->size;
    make_pairs(truth, found, &list, false, partner, taken);
    for (size_t t = 0, r = 0; t < truth->size; ++t) {
      if (r < n_right && c->rows[r].truth == &truth->notes[t]) {
        ++r;
      } else {
        add_row(c,
                partner[t] ? MATCH_PITCH : MATCH_MISSED,
                &truth->notes[t],
                partner[t]);
      }
    }
    for (size_t f = 0; f < found->size; ++f) {
      if (!taken[f]) {
        add_row(c, MATCH_EXTRA, NULL, &found->notes[f]);
      }
    }
    qsort(c->rows, c->size, sizeof(*c->rows), by_time);
  } else {
    comparison_free(c);
  }
  free(list.all);
  free(partner);
  free(taken);
  return ok;
}

void comparison_free(Comparison* comparison)
{
  free(comparison->rows);
  *comparison = (Comparison){ NULL, 0, { 0 } };
}

static void print_note(const Note* note)
{
  char name[NOTE_NAME_MAX];
  if (note) {
    printf("%9.3f %9.3f  %-4s",
           note->onset,
           note->offset,
           note_name(note->midi, name));
  } else {
    printf("%9s %9s  %-4s", "-", "-", "-");
  }
}

/** How many of the right notes start within `seconds` of the truth. */
static size_t count_within(const Comparison* c, double seconds)
{
  size_t n = 0;
  for (size_t i = 0; i < c->size; ++i) {
    const Match* const row = &c->rows[i];
    n += row->kind == MATCH_RIGHT &&
         fabs(row->found->onset - row->truth->onset) <= seconds + time_epsilon;
  }
  return n;
}

static void print_comparison(const Comparison* c)
{
  printf("           true                     found\n"
         "    onset    offset  note     onset    offset  note   result\n");
  for (size_t i = 0; i < c->size; ++i) {
    const Match* const row = &c->rows[i];
    print_note(row->truth);
    fputs("  ", stdout);
    print_note(row->found);
    switch (row->kind) {
      case MATCH_RIGHT:
      case MATCH_PITCH:
        printf("  %+4.0f ms%s\n",
               1000.0 * (row->found->onset - row->truth->onset),
               row->kind == MATCH_PITCH ? ", other note" : "");
        break;
      case MATCH_MISSED:
        puts("  missed");
        break;
      default:
        puts("  extra");
    }
  }

  const size_t right = c->count[MATCH_RIGHT];
  const size_t pitch = c->count[MATCH_PITCH];
  printf("%zu true notes, %zu found: %zu right, %zu at another note, "
         "%zu missed, %zu extra\n",
         right + pitch + c->count[MATCH_MISSED],
         right + pitch + c->count[MATCH_EXTRA],
         right,
         pitch,
         c->count[MATCH_MISSED],
         c->count[MATCH_EXTRA]);
  printf("Of the right ones, %zu start within 50 ms and %zu within 100 ms\n",
         count_within(c, 0.05),
         count_within(c, 0.10));
}

static int compare_files(const char* truth_path,
                         const char* found_path,
                         double      tolerance)
{
  char       message[COMMAND_MESSAGE_MAX] = "";
  NoteList   truth                        = { NULL, 0, 0 };
  NoteList   found                        = { NULL, 0, 0 };
  Comparison comparison;
  int        status = EXIT_FAILED;
  if (!csv_read_notes(truth_path, &truth, message)) {
    command_error("%s: %s", truth_path, message);
  } else if (!csv_read_notes(found_path, &found, message)) {
    command_error("%s: %s", found_path, message);
  } else if (!compare_notes(&truth, &found, tolerance, &comparison)) {
    command_error("out of memory, or too many notes begin together");
  } else {
    print_comparison(&comparison);
    comparison_free(&comparison);
    status = command_flush();
  }
  note_list_free(&truth);
  note_list_free(&found);
  return status;
}

int command_compare(int argc, char** argv)
{
  static const struct option options[] = {
    { "tolerance", required_argument, NULL, 't' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
  };

  double tolerance_ms = 200.0;
  for (int c = 0; (c = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
    switch (c) {
      case 't':
        if (!command_number(
              "compare", "--tolerance", optarg, 1.0, 2000.0, &tolerance_ms)) {
          return EXIT_USAGE;
        }
        break;
      case 'h':
        return command_help(help);
      default:
        return command_bad_option("compare", c, argv);
    }
  }
  if (optind != argc - 2) {
    return command_usage("compare", "two files are needed: TRUTH and FOUND");
  }
  return compare_files(argv[optind], argv[optind + 1], 0.001 * tolerance_ms);
}
