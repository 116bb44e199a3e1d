/* Names that files and ZIP members have, two of them with a zero between, and ids as people type
 * them. */
#include "diag.h"
#include "fuzz.h"
#include "ingest_internal.h"
#include "scanpath.h"
#include "store.h"
#include "textfile.h"

#include <stdlib.h>
#include <string.h>

static void must(bool kept)
{
    if (!kept)
        __builtin_trap();
}

/* No part of a cleaned name leads up or out. */
static void check_member(const char *name)
{
    char *copy = strdup(name), *again = NULL;
    if (!copy)
        abort();
    if (scan_name_clean_member(copy)) {
        must(copy[0] != '/');
        for (const char *p = copy; *p;) {
            size_t n = strcspn(p, "/");
            must(n > 0 && !(n == 1 && p[0] == '.') && !(n == 2 && p[0] == '.' && p[1] == '.'));
            p += n + (p[n] == '/');
        }
        must((again = strdup(copy)) != NULL);
        must(scan_name_clean_member(again) && strcmp(again, copy) == 0);
    }
    free(again);
    free(copy);
}

static void check_name(const char *name)
{
    char *text = scan_name_to_utf8(name), *printed = NULL, *folder = path_folder(name);
    size_t size = 0;
    must(text && folder);
    (void)scan_name_is_companion(text);
    (void)scan_name_is_hidden(text);
    FILE *out = open_memstream(&printed, &size);
    must(out != NULL);
    text_print(out, name);
    fclose(out);
    must(text_check(printed, size, "", NULL) == 0); /* nothing that steers a terminal */
    char *again = scan_name_to_utf8(text);
    must(again && strcmp(again, text) == 0);
    check_member(text);
    free(again);
    free(printed);
    free(folder);
    free(text);
}

static void check_pair(const char *a, const char *b)
{
    static const char *const words[] = {"field", "fields", "options", "registration"};
    must(scan_path_equal(a, a) && scan_path_same_scan(a, a));
    must(scan_path_equal(a, b) == scan_path_equal(b, a));
    must(scan_path_same_scan(a, b) == scan_path_same_scan(b, a));
    (void)text_nearest(a, words, sizeof words / sizeof *words);
    char *joined = path_join(a, b);
    must(joined != NULL);
    free(joined);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 2); /* two names, each with its zero */
    char printed[STORE_ID_TEXT_MAX];
    int64_t id, again;
    if (!text)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    const char *second = text + strlen(text) + (strlen(text) < size);
    check_name(text);
    check_pair(text, second);
    if (store_parse_id(text, &id) == 0) {
        store_print_id(id, printed);
        must(store_parse_id(printed, &again) == 0 && again == id);
    }
    free(text);
    return 0;
}
