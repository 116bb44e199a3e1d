/* block_jobs.h - the same work on numbered blocks, by one thread or several.
 *
 * Blocks are handed out in order from one counter; which worker gets which is chance. Results are
 * the same whatever `jobs` says as long as `work` writes only to what belongs to its block, or to
 * the scratch of its worker, and the caller adds the blocks up in their order afterwards. */
#ifndef YJ_SCORING_BLOCK_JOBS_H
#define YJ_SCORING_BLOCK_JOBS_H

#include <stddef.h>

#define BLOCK_JOBS_MAX 64

/* `worker` from 0 to the number of workers - 1. */
typedef void (*block_work)(void *context, size_t block, int worker);

/* How many workers there will be: 1 to BLOCK_JOBS_MAX, never more than blocks. */
int block_jobs_workers(int jobs, size_t n_blocks);

/* Returns when all blocks are done. Where no thread can be started the caller's does the work. */
void block_jobs_run(int jobs, size_t n_blocks, block_work work, void *context);

#endif
