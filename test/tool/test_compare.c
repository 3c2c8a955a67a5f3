// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "compare.h"

#include "../test.h"

#define LIST(notes)                                                            \
  {                                                                            \
    (notes), sizeof(notes) / sizeof((notes)[0]), 0                             \
  }

static void check(const NoteList* truth,
                  const NoteList* found,
                  const size_t    expected[N_MATCHES])
{
  Comparison c;
  CHECK(compare_notes(truth, found, 0.1, &c));
  for (int k = 0; k < N_MATCHES; ++k) {
    CHECK_MSG(c.count[k] == expected[k],
              "kind %d: %zu, not %zu",
              k,
              c.count[k],
              expected[k]);
  }
  double last = -1.0;
  for (size_t i = 0; i < c.size; ++i) {
    const Match* const row  = &c.rows[i];
    const double       time = (row->truth ? row->truth : row->found)->onset;
    CHECK_MSG(time >= last, "row %zu is out of order", i);
    last = time;
    CHECK((row->kind == MATCH_MISSED) == !row->found);
    CHECK((row->kind == MATCH_EXTRA) == !row->truth);
  }
  comparison_free(&c);
}

static void test_kinds(void)
{
  Note           t[]        = { { 1.0, 1.5, 60.0, 0, 0 },
                                { 2.0, 2.5, 62.3, 0, 0 },
                                { 3.0, 3.5, 64.0, 0, 0 },
                                { 4.0, 4.5, 65.0, 0, 0 } };
  Note           f[]        = { { 0.9, 1.5, 60.0, 0, 0 },
                                { 2.1, 2.5, 62.0, 0, 0 },
                                { 3.05, 3.5, 76.0, 0, 0 },
                                { 4.101, 4.5, 65.0, 0, 0 } };
  const NoteList truth      = LIST(t);
  const NoteList found      = LIST(f);
  const size_t   expected[] = { 2, 1, 1, 1 };
  check(&truth, &found, expected);
}

static void test_the_same_pitch_goes_first(void)
{
  // The first found note lies nearer, the second has the pitch
  Note           t[] = { { 1.0, 1.5, 60.0, 0, 0 } };
  Note           f[] = { { 1.0, 1.05, 59.0, 0, 0 }, { 1.06, 1.5, 60.0, 0, 0 } };
  const NoteList truth      = LIST(t);
  const NoteList found      = LIST(f);
  const size_t   expected[] = { 1, 0, 0, 1 };
  check(&truth, &found, expected);
}

static void test_no_note_is_used_twice(void)
{
  Note           t[]        = { { 1.00, 1.04, 60.0, 0, 0 },
                                { 1.05, 1.09, 60.0, 0, 0 },
                                { 1.10, 1.14, 60.0, 0, 0 } };
  Note           f[]        = { { 1.05, 1.4, 60.0, 0, 0 } };
  const NoteList truth      = LIST(t);
  const NoteList found      = LIST(f);
  const size_t   expected[] = { 1, 0, 2, 0 };
  check(&truth, &found, expected);

  // The nearest has it
  Comparison c;
  CHECK(compare_notes(&truth, &found, 0.1, &c));
  CHECK(c.rows[1].truth == &t[1] && c.rows[1].found == &f[0]);
  comparison_free(&c);
}

static void test_nothing(void)
{
  const NoteList none     = { NULL, 0, 0 };
  Note           t[]      = { { 1.0, 1.5, 60.0, 0, 0 } };
  const NoteList one      = LIST(t);
  const size_t   empty[]  = { 0, 0, 0, 0 };
  const size_t   missed[] = { 0, 0, 1, 0 };
  const size_t   extra[]  = { 0, 0, 0, 1 };
  check(&none, &none, empty);
  check(&one, &none, missed);
  check(&none, &one, extra);
}

/** Lists that would take gigabytes are refused. */
static void test_too_many(void)
{
  enum { N = 2100 };
  static Note    notes[N];
  const NoteList all = { notes, N, N };
  Comparison     c;
  for (size_t i = 0; i < N; ++i) {
    notes[i] = (Note){ 1.0, 1.5, 60.0, 0, 0 };
  }
  CHECK(!compare_notes(&all, &all, 0.1, &c));
}

int main(void)
{
  test_too_many();
  test_kinds();
  test_the_same_pitch_goes_first();
  test_no_note_is_used_twice();
  test_nothing();
  return test_report();
}
