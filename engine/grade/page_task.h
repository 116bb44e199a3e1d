/* page_task.h - one page's whole way: decode, register, read, crop; a record without pixels.
 *
 * Each worker has one task with its own scratch memory, reused from page to page. Whatever is wrong
 * with the page is a verdict inside the record; a return below zero is a fault. Knows neither the
 * ring nor the store. */
#ifndef YJ_ENGINE_PAGE_TASK_H
#define YJ_ENGINE_PAGE_TASK_H

#include "arena.h"
#include "exam.h"
#include "ingest.h"
#include "records.h"
#include "registration.h"

struct page_task;
struct sandbox;

/* Exam and registrar are borrowed. YJ_ENOMEM. */
int page_task_create(const struct exam *exam, const struct registrar *registrar,
                     struct page_task **ret_task);
void page_task_destroy(struct page_task *task);
/* Where pages are decoded (borrowed; NULL: in this process), and how long each may take (0: as
 * page_clock.h says). YJ_ENOMEM. */
int page_task_guard(struct page_task *task, struct sandbox *sandbox, double page_seconds);

/* scan_read with the task's decoder. */
int page_task_read_scan(struct page_task *task, struct scan *scan);
/* Page `number` (from 1) of `scan` into ret_record; what it points to lives in `arena`. The CPU
 * time of each stage is this thread's. 0 or YJ_ENOMEM. */
int page_task_run(struct page_task *task, const struct scan *scan, int number, struct arena *arena,
                  struct page_record *ret_record);

/* The record of a page that took longer than `seconds`; of `record` its number, its size and its
 * times are kept. 0 or YJ_ENOMEM. */
int page_task_give_up(const struct exam *exam, double seconds, struct arena *arena,
                      struct page_record *record);

#endif
