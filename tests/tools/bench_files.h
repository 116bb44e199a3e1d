/* bench_files.h - writes a grey image as the files that scanners make. */
#ifndef YJ_TESTS_BENCH_FILES_H
#define YJ_TESTS_BENCH_FILES_H

#include "image.h"

/* Each writes `path`; 0, or -1 told on stderr. */
int bench_write_jpeg(const char *path, const struct image *img, int quality);
int bench_write_png(const char *path, const struct image *img);
int bench_write_g4(const char *path, const struct image *img, int threshold);
/* Copies `path` to `copy` with eight bytes behind the end that no decoder looks at: another scan.
 */
int bench_copy_file(const char *path, const char *copy, unsigned serial);

#endif
