// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_TEST_H
#define NEUME_TEST_H

#include <stdio.h>

/** The smallest test harness: checks that count, and a summary.

    A test program holds one function per behaviour, calls CHECK in them, and
    ends main() with `return test_report();`.
*/
static unsigned test_failures_;
static unsigned test_checks_;

/** Count a check; say where, and what was expected, when it fails. */
#define CHECK(cond) CHECK_MSG(cond, "%s", "")

/** CHECK with a printf-style message that shows the values. */
#define CHECK_MSG(cond, ...)                                                   \
  do {                                                                         \
    ++test_checks_;                                                            \
    if (!(cond)) {                                                             \
      ++test_failures_;                                                        \
      fprintf(stderr, "%s:%d: failed: %s ", __FILE__, __LINE__, #cond);        \
      fprintf(stderr, __VA_ARGS__);                                            \
      fputc('\n', stderr);                                                     \
    }                                                                          \
  } while (0)

/** The exit status of main(): a test without a check has failed too. */
static inline int test_report(void)
{
  fprintf(stderr, "%u checks, %u failures\n", test_checks_, test_failures_);
  return (test_checks_ && !test_failures_) ? 0 : 1;
}

#endif // NEUME_TEST_H
