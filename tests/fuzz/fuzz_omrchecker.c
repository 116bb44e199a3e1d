/* OMRChecker's template.json and, after a line "%%", its evaluation.json. */
#include "diag.h"
#include "fuzz.h"
#include "import_omrchecker.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char mark[] = "\n%%\n";
    const uint8_t *second = size ? memmem(data, size, mark, strlen(mark)) : NULL;
    size_t first = second ? (size_t)(second - data) : size;
    struct omr_options options = {.out_dir = "."};
    struct omr_import import = {NULL, NULL};
    struct diag d;
    diag_init(&d);
    if (second) {
        second += strlen(mark);
        options.key_path = fuzz_file("evaluation.json", second, size - (size_t)(second - data));
    }
    int rc = omr_import(fuzz_file("template.json", data, first), &options, &import, &d);
    if (rc < 0 && d.errors == 0)
        __builtin_trap();
    if (rc == 0)
        omr_import_finish(&import);
    diag_finish(&d);
    return 0;
}
