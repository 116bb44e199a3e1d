/* fuzz.h - what the fuzz targets share (README.md says how they are run).
 *
 * A target is one function that is given bytes and must neither crash, leak nor hang; what the
 * bytes mean is its own affair. */
#ifndef YJ_TESTS_FUZZ_H
#define YJ_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* The one entry of a target; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* For parsers that take a path: keeps `data` as file `name` in a folder of this process, which is
 * removed at its end. The path is valid until the next call with that name. */
const char *fuzz_file(const char *name, const void *data, size_t size);

#endif
