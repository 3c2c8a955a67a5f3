// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// run() never allocates, locks, calls the system or touches memory that the
// system has yet to map: each such thing is caught.
//
// Allocation and locks are caught by functions of the same name in this
// program, which come first in the dynamic linker's search.  System calls are
// caught by a seccomp filter, which can't be taken off again: so each
// scenario runs in a process of its own.

#define _GNU_SOURCE

#include "files.h"
#include "host.h"

#include "test.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define RATE   16000.0
#define BLOCK  1024U
#define BLOCKS 400U

#define INTERPOSED __attribute__((visibility("default")))

/** What a scenario was caught at; shared with the parent process. */
typedef struct {
  unsigned      allocations; ///< malloc and its kin, free too
  unsigned      locks;       ///< Mutexes, conditions, semaphores
  unsigned      calls;       ///< System calls
  int           last_call;   ///< Number of the last one
  unsigned      events;      ///< MIDI events, to show that run() did its work
  unsigned      swaps;       ///< Models swapped in
  long          faults;      ///< Pages mapped, of a scenario that counts them
  volatile bool armed;       ///< Count from here on
  bool          finished;    ///< The scenario came to its end
} Caught;

static Caught* caught;

// The allocator behind glibc's own names
extern void* __libc_malloc(size_t size);
extern void* __libc_calloc(size_t n, size_t size);
extern void* __libc_realloc(void* data, size_t size);
extern void* __libc_memalign(size_t alignment, size_t size);
extern void  __libc_free(void* data);

static void count_allocation(void)
{
  if (caught && caught->armed) {
    ++caught->allocations;
  }
}

INTERPOSED void* malloc(size_t size)
{
  count_allocation();
  return __libc_malloc(size);
}

INTERPOSED void* calloc(size_t n, size_t size)
{
  count_allocation();
  return __libc_calloc(n, size);
}

INTERPOSED void* realloc(void* data, size_t size)
{
  count_allocation();
  return __libc_realloc(data, size);
}

INTERPOSED void* memalign(size_t alignment, size_t size)
{
  count_allocation();
  return __libc_memalign(alignment, size);
}

INTERPOSED void* aligned_alloc(size_t alignment, size_t size)
{
  count_allocation();
  return __libc_memalign(alignment, size);
}

INTERPOSED int posix_memalign(void** data, size_t alignment, size_t size)
{
  count_allocation();
  *data = __libc_memalign(alignment, size);
  return *data ? 0 : ENOMEM;
}

INTERPOSED void free(void* data)
{
  count_allocation();
  __libc_free(data);
}

static void count_lock(void)
{
  if (caught && caught->armed) {
    ++caught->locks;
  }
}

/** Define `name`, of one pointer argument, to count and call the real one. */
#define INTERPOSE_LOCK(name, type)                                             \
  INTERPOSED int name(type* arg)                                               \
  {                                                                            \
    static int (*real)(type*);                                                 \
    count_lock();                                                              \
    if (!real) {                                                               \
      *(void**)&real = dlsym(RTLD_NEXT, #name);                                \
    }                                                                          \
    return real(arg);                                                          \
  }

INTERPOSE_LOCK(pthread_mutex_lock, pthread_mutex_t)
INTERPOSE_LOCK(pthread_mutex_trylock, pthread_mutex_t)
INTERPOSE_LOCK(pthread_mutex_unlock, pthread_mutex_t)
INTERPOSE_LOCK(pthread_rwlock_rdlock, pthread_rwlock_t)
INTERPOSE_LOCK(pthread_rwlock_wrlock, pthread_rwlock_t)
INTERPOSE_LOCK(pthread_cond_signal, pthread_cond_t)
INTERPOSE_LOCK(sem_post, sem_t)
INTERPOSE_LOCK(sem_wait, sem_t)

static void on_system_call(int sig, siginfo_t* info, void* context)
{
  (void)sig;
  if (caught->armed) {
    ++caught->calls;
    caught->last_call = info->si_syscall;
  }

  // To the caller, the call has failed
  ucontext_t* const state = (ucontext_t*)context;
#if defined(__x86_64__)
  state->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
#elif defined(__aarch64__)
  state->uc_mcontext.regs[0] = (unsigned long long)-ENOSYS;
#else
  (void)state;
#endif
}

/** From here on every system call but the end of the process is caught. */
static bool trap_system_calls(void)
{
  struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 2, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {
    (unsigned short)(sizeof(filter) / sizeof(filter[0])), filter
  };

  struct sigaction action = { 0 };
  action.sa_sigaction     = on_system_call;
  action.sa_flags         = SA_SIGINFO | SA_NODEFER;
  return !sigaction(SIGSYS, &action, NULL) &&
         !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
         !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/** What happens in a scenario besides run(). */
typedef enum {
  PLAIN,         ///< Nothing
  SET_MODEL,     ///< A patch:Set arrives
  SWAP_MODEL,    ///< A model that was loaded is swapped in
  BAD_MODEL,     ///< A load has failed
  HOSTILE,       ///< NaN and infinity at the input and the controls
  BREAK_MALLOC,  ///< The test itself allocates: it must be caught
  BREAK_LOCK,    ///< The test itself locks
  BREAK_SYSCALL, ///< The test itself calls the system
  BREAK_PLUGIN,  ///< A worker that works at once, in run(): the plugin does all
  N_SCENARIOS,
  FAULTS = N_SCENARIOS ///< Nothing, and pages are counted; see test_faults()
} Scenario;

static float           in[BLOCK * BLOCKS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/** Prepare a host for a scenario; not watched. */
static Host* prepare(Scenario scenario, const Files* files)
{
  const bool  at_once = scenario == BREAK_PLUGIN;
  Host* const host =
    host_new(RATE, at_once ? (HOST_MAP | HOST_WORKER_INLINE) : HOST_ALL);
  host_activate(host);
  if (at_once) {
    host_patch_set(host, files->missing);
  }
  if (scenario == SET_MODEL || scenario == SWAP_MODEL ||
      scenario == BAD_MODEL) {
    host_patch_set(host, scenario == BAD_MODEL ? files->text : files->good);
  }
  if (scenario == SWAP_MODEL || scenario == BAD_MODEL) {
    host_run(host, in, NULL, 1);
    host_work(host);
    host_patch_get(host);
  }
  return host;
}

/** Count the events in the MIDI port, without a call to anything. */
static unsigned count_events(const Host* host)
{
  const LV2_Atom_Sequence* const seq =
    (const LV2_Atom_Sequence*)(const void*)host->midi.bytes;
  return (seq->atom.size - (unsigned)sizeof(LV2_Atom_Sequence_Body)) / 24U;
}

/** Pages that were mapped for this thread so far. */
static long count_faults(void)
{
  struct rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

/** Run the phrase in blocks of all sizes; watched. */
static void play(Host* host, Scenario scenario)
{
  static float out[BLOCK];
  uint64_t     seed = 1;

  lilv_instance_connect_port(host->instance, NEUME_PORT_OUT, out);
  for (uint32_t i = 0; i < BLOCKS; ++i) {
    const uint32_t draw = host_random(&seed);
    float* const   c    = host->controls;

    // Bypass once in a while, and move every control
    c[NEUME_PORT_ENABLED]    = i % 97U == 50U ? 0.0f : 1.0f;
    c[NEUME_PORT_MONITOR]    = i % 7U < 3U ? 0.0f : 0.6f;
    c[NEUME_PORT_LOOKAHEAD]  = i % 50U < 40U ? 0.0f : (float)(draw % 1250U);
    c[NEUME_PORT_MIN_NOTE]   = (float)(draw % 100U);
    c[NEUME_PORT_ALIGNED]    = i % 20U < 10U ? 0.0f : 1.0f;
    c[NEUME_PORT_TRANSPOSE]  = (float)(draw % 25U) - 12.0f;
    c[NEUME_PORT_CHANNEL]    = 1.0f + (float)(i / 200U % 16U);
    c[NEUME_PORT_BEND_RANGE] = i % 60U < 20U ? 0.0f : 2.0f;
    c[NEUME_PORT_PRESSURE]   = (float)(i / 30U % 3U);
    c[NEUME_PORT_NOTES]      = (float)(i / 80U % 3U);
    c[NEUME_PORT_LEARN]      = i / 150U % 2U ? 0.0f : 1.0f;
    c[NEUME_PORT_KEY]        = (float)(draw % 12U);
    c[NEUME_PORT_SCALE]      = (float)(i / 40U % 12U);
    c[NEUME_PORT_PANIC]      = i % 300U == 299U ? 1.0f : 0.0f;
    if (scenario == HOSTILE) {
      c[NEUME_PORT_THRESHOLD] = i % 3U ? NAN : INFINITY;
      c[NEUME_PORT_GATE]      = NAN;
      for (uint32_t k = 0; k < BLOCK; k += 1U + draw % 9U) {
        in[i * BLOCK + k] = k % 2U ? NAN : 1e-42f;
      }
    }

    memcpy(host->midi.bytes, &host->midi.capacity, sizeof(uint32_t));
    memcpy(host->notify.bytes, &host->notify.capacity, sizeof(uint32_t));
    lilv_instance_connect_port(
      host->instance, NEUME_PORT_IN, in + (size_t)i * BLOCK);
    const long before = scenario == FAULTS ? count_faults() : 0;
    lilv_instance_run(host->instance, 1U + draw % BLOCK);
    caught->faults += scenario == FAULTS ? count_faults() - before : 0;
    caught->events += count_events(host);

    LV2_Atom_Sequence* const control = (LV2_Atom_Sequence*)(void*)host->control;
    control->atom.size               = sizeof(LV2_Atom_Sequence_Body);

    if (i == 100U && scenario == BREAK_MALLOC) {
      void* volatile data = malloc(16);
      free(data);
    } else if (i == 100U && scenario == BREAK_LOCK) {
      pthread_mutex_lock(&mutex);
      pthread_mutex_unlock(&mutex);
    } else if (i == 100U && scenario == BREAK_SYSCALL) {
      syscall(SYS_getppid);
    }
  }
}

/** The whole of a scenario, in a process of its own. */
static int child(Scenario scenario, const Files* files)
{
  // The functions that are looked up late are looked up before
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);

  Host* const host = prepare(scenario, files);
  if (!trap_system_calls()) {
    return 77;
  }
  caught->armed = true;
  play(host, scenario);
  caught->armed    = false;
  caught->swaps    = host->n_jobs;
  caught->finished = true;
  return 0;
}

/** Run a scenario; false if this system has no seccomp filters. */
static bool run(Scenario scenario, const Files* files)
{
  memset(caught, 0, sizeof(*caught));
  const pid_t pid = fork();
  if (!pid) {
    _exit(child(scenario, files));
  }

  int status = 0;
  CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    return false;
  }
  CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
  CHECK(caught->finished);

  if (scenario == BREAK_PLUGIN) {
    CHECK(caught->allocations > 0 && caught->calls > 0);
    return true;
  }

  const unsigned expected[] = { scenario == BREAK_MALLOC ? 2U : 0U,
                                scenario == BREAK_LOCK ? 2U : 0U,
                                scenario == BREAK_SYSCALL ? 1U : 0U };
  CHECK_MSG(caught->allocations == expected[0],
            "scenario %d: %u allocations",
            (int)scenario,
            caught->allocations);
  CHECK_MSG(caught->locks == expected[1],
            "scenario %d: %u locks",
            (int)scenario,
            caught->locks);
  CHECK_MSG(caught->calls == expected[2],
            "scenario %d: %u system calls, the last number %d",
            (int)scenario,
            caught->calls,
            caught->last_call);
  if (scenario == BREAK_SYSCALL) {
    CHECK(caught->last_call == SYS_getppid);
  }
  if (scenario != HOSTILE) {
    CHECK_MSG(caught->events > 10U, "%u events", caught->events);
  }
  if (scenario == SET_MODEL || scenario == SWAP_MODEL) {
    CHECK(caught->swaps == 1U); // The worker was asked to load, or to free
  }
  return true;
}

/** An instance whose memory is all new, after one that has run the code. */
static void test_faults(const Files* files)
{
  enum { PAGES = 4 }; // The system may take some of any process

  for (int i = 0; i < 2; ++i) {
    memset(caught, 0, sizeof(*caught));
    Host* const host = prepare(FAULTS, files);
    play(host, FAULTS);
    CHECK(caught->events > 10U);
    host_free(host);
  }
  CHECK_MSG(caught->faults <= PAGES, "%ld pages", caught->faults);
}

int main(void)
{
  // What the plugin allocates is not memory that was used before
  mallopt(M_MMAP_THRESHOLD, 32768);

  caught = (Caught*)mmap(NULL,
                         sizeof(Caught),
                         PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS,
                         -1,
                         0);
  if (caught == MAP_FAILED) {
    return 1;
  }

  Host* const host   = host_new(RATE, HOST_ALL);
  char* const bundle = host_bundle_path(host);
  Files       files;
  files_init(&files, bundle);
  host_phrase(in, BLOCK * BLOCKS, RATE);
  host_free(host);
  lilv_free(bundle);

  test_faults(&files);
  bool trapped = true;
  for (int i = 0; i < N_SCENARIOS && trapped; ++i) {
    trapped = run((Scenario)i, &files);
  }
  files_clear(&files);
  if (!trapped) {
    fprintf(stderr, "no seccomp filters here\n");
    return 77;
  }
  return test_report();
}
