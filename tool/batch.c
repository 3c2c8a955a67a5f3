// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "batch.h"

#include "jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** File name without folder and last suffix; NULL without memory. */
static char* base_name(const char* path)
{
  const char* const slash = strrchr(path, '/');
  char* const       name  = strdup(slash ? slash + 1 : path);
  char* const       dot   = name ? strrchr(name, '.') : NULL;
  if (dot && dot != name) {
    *dot = '\0';
  }
  return name;
}

static int by_name(const void* a, const void* b)
{
  const Task* const* const x = a;
  const Task* const* const y = b;
  return strcmp((*x)->name, (*y)->name);
}

/** Refuse two files whose outputs would have the same name. */
static int check_names(const Batch* batch)
{
  const Task** const sorted = calloc(batch->n_tasks, sizeof(void*));
  if (!sorted) {
    command_error("out of memory");
    return EXIT_FAILED;
  }
  for (uint32_t i = 0; i < batch->n_tasks; ++i) {
    sorted[i] = &batch->tasks[i];
  }
  qsort(sorted, batch->n_tasks, sizeof(void*), by_name);

  int status = EXIT_OK;
  for (uint32_t i = 1; i < batch->n_tasks && !status; ++i) {
    if (!strcmp(sorted[i - 1]->name, sorted[i]->name)) {
      status = command_usage("transcribe",
                             "'%s' and '%s' would both be written as '%s'",
                             sorted[i - 1]->path,
                             sorted[i]->path,
                             sorted[i]->name);
    }
  }
  free(sorted);
  return status;
}

int batch_add(Batch* batch, char** paths, int n)
{
  batch->tasks = calloc((size_t)n, sizeof(Task));
  if (!batch->tasks) {
    command_error("out of memory");
    return EXIT_FAILED;
  }
  batch->n_tasks = (uint32_t)n;
  for (int i = 0; i < n; ++i) {
    batch->tasks[i].path = paths[i];
    batch->tasks[i].name = base_name(paths[i]);
    if (!batch->tasks[i].name) {
      command_error("out of memory");
      return EXIT_FAILED;
    }
  }
  return batch->writes ? check_names(batch) : EXIT_OK;
}

void batch_free(Batch* batch)
{
  for (uint32_t i = 0; i < batch->n_tasks; ++i) {
    free(batch->tasks[i].name);
    note_list_free(&batch->tasks[i].notes);
  }
  free(batch->tasks);
}

static void work(void* data, uint32_t job)
{
  Batch* const batch = data;
  Task* const  task  = &batch->tasks[job];
  task->ok           = scribe_file(task->path,
                         task->name,
                         &batch->scribe,
                         &task->progress,
                         &task->notes,
                         task->message);
}

static void print_notes(const Batch* batch, const Task* task)
{
  char name[NOTE_NAME_MAX];
  if (batch->n_tasks > 1) {
    printf("%s:\n", task->path);
  }
  printf("    onset    offset  note  midi  velocity  confidence\n");
  for (size_t i = 0; i < task->notes.size; ++i) {
    const Note* const note = &task->notes.notes[i];
    printf("%9.3f %9.3f  %-4s  %4.0f  %8.0f  %10.2f\n",
           note->onset,
           note->offset,
           note_name(note->midi, name),
           note->midi,
           note->velocity,
           note->confidence);
  }
}

static void finish(void* data, uint32_t job)
{
  Batch* const batch = data;
  Task* const  task  = &batch->tasks[job];
  meter_clear(&batch->meter);
  if (!task->ok) {
    ++batch->n_failed;
    command_error("%s: %s", task->path, task->message);
  } else if (batch->prints) {
    print_notes(batch, task);
  }
  note_list_free(&task->notes);
}

static void tick(void* data, uint32_t finished)
{
  Batch* const batch = data;
  double       done  = 0.0;
  double       share = 0.0;
  for (uint32_t i = 0; i < batch->n_tasks; ++i) {
    const Progress* const p     = &batch->tasks[i].progress;
    const double          rate  = (double)atomic_load(&p->rate);
    const double          total = (double)atomic_load(&p->total);
    const double          now   = (double)atomic_load(&p->done);
    done += (rate > 0.0) ? now / rate : 0.0;
    share += (total > 0.0 && now < total) ? now / total : (now > 0.0);
  }
  meter_show(
    &batch->meter, finished, batch->n_tasks, share / batch->n_tasks, done);
}

int batch_run(Batch* batch)
{
  const Jobs jobs = { work, finish, batch->quiet ? NULL : tick, batch };
  meter_init(&batch->meter);
  jobs_run(&jobs, batch->n_tasks, batch->jobs);
  meter_clear(&batch->meter);
  const int status = command_flush();
  return batch->n_failed ? EXIT_FAILED : status;
}
