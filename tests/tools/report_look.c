/* report_look.c - writes every report of a made-up analysis, for people to look at:
 * report_look DIR CANDIDATES ITEMS SCHOOLS CLASSES [model] [same] [long] [bad] */
#include "analysis_fixture.h"
#include "diag.h"
#include "i18n.h"
#include "report.h"
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_words(struct analysis_fixture_options *o, char **words, int n)
{
    for (int i = 0; i < n; i++) {
        o->model = o->model || strcmp(words[i], "model") == 0;
        o->same = o->same || strcmp(words[i], "same") == 0;
        o->long_names = o->long_names || strcmp(words[i], "long") == 0;
        o->bad_bytes = o->bad_bytes || strcmp(words[i], "bad") == 0;
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*write)(const struct analysis *a, const char *path, struct diag *d);
    } files[] = {{"report.html", report_write_html},
                 {"report.pdf", report_write_pdf},
                 {"classes.pdf", report_write_classes},
                 {"slips.pdf", report_write_slips}};
    struct diag d;
    if (argc < 6)
        return 2;
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    if (getenv("YUEJUAN_LOCALE_DIR"))
        bindtextdomain(YJ_TEXT_DOMAIN, getenv("YUEJUAN_LOCALE_DIR"));
    bind_textdomain_codeset(YJ_TEXT_DOMAIN, "UTF-8");
    struct analysis_fixture_options o = {.candidates = atoi(argv[2]),
                                         .items = atoi(argv[3]),
                                         .schools = atoi(argv[4]),
                                         .classes = atoi(argv[5]),
                                         .seed = 7};
    read_words(&o, argv + 6, argc - 6);
    struct analysis *a = analysis_fixture_create(&o);
    diag_init(&d);
    int rc = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files && rc == 0; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], files[i].name);
        rc = files[i].write(a, path, &d);
    }
    diag_print(&d, stderr);
    diag_finish(&d);
    analysis_fixture_destroy(a);
    return rc < 0;
}
