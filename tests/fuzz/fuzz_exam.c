/* An exam.yaml beside a form, a key and a roster that are whole. */
#include "diag.h"
#include "exam.h"
#include "fuzz.h"

#include <string.h>

static void put(const char *name, const char *text)
{
    fuzz_file(name, text, strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    put("form.yaml", "form: f\npage: A4\nregistration: {image: true}\ncandidate: n\n"
                     "bubble: {shape: oval, size: [4, 3]}\nfields:\n"
                     "- {field: q1, kind: choice, options: AB, at: [20, 20], option_step: 8}\n"
                     "- {field: n, kind: grid, options: 0-9, columns: 2, at: [90, 50], "
                     "column_step: 8}\n");
    put("key.csv", "item,key,points\nq1,A,2\n");
    put("roster.csv", "candidate,name\n07,A\n");
    struct exam *exam = NULL;
    struct diag d;
    diag_init(&d);
    int rc = exam_load(fuzz_file("exam.yaml", data, size), &exam, &d);
    if ((rc == 0) != (d.errors == 0))
        __builtin_trap();
    exam_destroy(exam);
    diag_finish(&d);
    return 0;
}
