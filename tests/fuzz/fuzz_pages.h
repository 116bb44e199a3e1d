/* fuzz_pages.h - every page of a file that was given as a scan, decoded as `grade` does it. */
#ifndef YJ_TESTS_FUZZ_PAGES_H
#define YJ_TESTS_FUZZ_PAGES_H

/* Traps where a page is refused without a reason of one line, or ends the run, or its colour
 * changes its greys. */
void fuzz_decode_scans(const char *path);

#endif
