// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

/* How long a weights file takes to be loaded.

     bench_load WEIGHTS...

   Prints a Markdown table with a row for each file: what the first instance
   of a process waits for (the file is read, checked and packed), and what
   those after it do (they share).  The file is in the page cache, as after
   its first use.  Other processes disturb: the median is what to compare.
*/

#include "machine.h"
#include "model.h"
#include "model_store.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOADS 25U ///< Of each kind, their median and longest are told

static int compare(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

/** Take the model at `path`; seconds that took, or a negative number. */
static double acquired(const char* path, const NeumeModel** model)
{
  char         message[NEUME_MESSAGE_MAX];
  const double begin = machine_now();
  if (neume_model_acquire(path, model, message)) {
    fprintf(stderr, "bench_load: %s\n", message);
    return -1.0;
  }
  return machine_now() - begin;
}

/** Print the row of the file at `path`; false if it is no weights file. */
static bool row(const char* path)
{
  double first[LOADS];
  double shared[LOADS];
  for (unsigned i = 0; i < LOADS; ++i) {
    const NeumeModel* model = NULL;
    const NeumeModel* again = NULL;

    first[i] = acquired(path, &model);
    if (first[i] < 0.0) {
      return false;
    }
    shared[i] = acquired(path, &again);
    neume_model_release(again);
    neume_model_release(model);
    if (shared[i] < 0.0) {
      return false;
    }
  }

  const char* const slash = strrchr(path, '/');
  qsort(first, LOADS, sizeof(double), compare);
  qsort(shared, LOADS, sizeof(double), compare);
  printf("| %s | %.1f | %.1f | %.3f |\n",
         slash ? slash + 1 : path,
         1e3 * first[LOADS / 2U],
         1e3 * first[LOADS - 1U],
         1e3 * shared[LOADS / 2U]);
  return true;
}

int main(int argc, char** argv)
{
  printf("| file | first load, ms | the longest of %u | shared, ms |\n"
         "|---|---|---|---|\n",
         LOADS);
  for (int i = 1; i < argc; ++i) {
    if (!row(argv[i])) {
      return 1;
    }
  }
  return 0;
}
