/* cmd_annotate.c - `yuejuan annotate EXAM CANDIDATE [-o DIR]`. */
#include "annotate.h"
#include "commands.h"
#include "diag.h"
#include "exam_argument.h"
#include "i18n.h"
#include "messages.h"
#include "pending_file.h"
#include "scan_finder.h"
#include "textfile.h"
#include "vision.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct annotate_command {
    const char *exam, *candidate, *db, *output;
    bool all;
};

struct annotate_run {
    const struct annotate_command *command;
    struct exam *exam;
    struct scan_finder *finder;
    struct image page;
    int pages, unreadable;
    struct diag *d;
};

static void print_help(void)
{
    puts(
        _("usage: yuejuan annotate EXAM CANDIDATE... or yuejuan annotate EXAM --all\n"
          "\n"
          "draws what was read on a candidate's scans and what it was worth, for appeals: a PNG a\n"
          "page, CANDIDATE-PAGE.png\n"
          "\n"
          "  EXAM              the exam's folder, its exam.yaml, or the database\n"
          "  CANDIDATE         whose sheets; --all: everybody's, also those of nobody known\n"
          "  -o, --output DIR  folder for the pictures, default: annotated\n"
          "      --db FILE     the database, default EXAM/results.db\n"
          "      --help        this text\n"
          "\n"
          "the scans must be where grade read them, and be the same files\n"
          "\n"
          "example: yuejuan annotate midterm/ 11501029 -o appeals/\n"
          "\n"
          "exit status: 0 done, 1 failed, 2 wrong usage or exam or no such candidate, 3 done, but\n"
          "some scans are gone, changed or unreadable"));
}

/* ---- a page ---- */

/* A name that every system takes; what stands for a folder or for an option does not come through.
 */
static void print_file_name(FILE *out, const struct exam *exam, const struct sheet_page *page)
{
    const char *who = page->candidate[0] ? page->candidate : "unknown";
    for (const char *p = who; *p; p++) {
        bool plain = (*p & 0x80) || (*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= 'a' && *p <= 'z') || *p == '_' || (strchr("-.", *p) && p > who);
        putc(plain ? *p : '_', out);
    }
    if (page->of > 1)
        fprintf(out, "-sheet%d", page->nth);
    if (exam->n_forms > 1)
        fprintf(out, "-form%d", page->form + 1);
    fprintf(out, "-%d.png", page->form_page + 1);
}

static char *picture_path(const struct annotate_run *r, const struct sheet_page *page)
{
    char *name = NULL, *path;
    size_t size = 0;
    FILE *out = open_memstream(&name, &size);
    if (!out)
        return NULL;
    print_file_name(out, r->exam, page);
    fclose(out);
    path = name ? path_join(r->command->output, name) : NULL;
    free(name);
    return path;
}

static int make_folder(const char *path, struct diag *d)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return 0;
    return file_write_error(path, errno, d);
}

static int visit_page(void *context, const struct sheet_page *page)
{
    struct annotate_run *r = context;
    r->pages++;
    if (page->form < 0 || page->form >= r->exam->n_forms)
        return 0;
    int rc = scan_finder_decode(r->finder, page->scan, page->hash, page->number, &r->page, r->d);
    if (rc == YJ_EDATA) { /* told; the others go on */
        r->unreadable++;
        return 0;
    }
    if (rc == 0 && r->pages - r->unreadable == 1)
        rc = make_folder(r->command->output, r->d);
    char *path = rc == 0 ? picture_path(r, page) : NULL;
    if (rc == 0)
        rc = path ? annotate_page(r->exam, page, &r->page, path, r->d) : YJ_ENOMEM;
    if (rc == 0)
        puts(path);
    free(path);
    return rc;
}

/* ---- the run ---- */

static int annotate_all(struct annotate_run *r, struct store *store, char **candidates, int n)
{
    int rc = 0;
    if (r->command->all)
        return store_each_sheet_page(store, NULL, visit_page, r, r->d);
    for (int i = 0; i < n && rc >= 0; i++) {
        int before = r->pages;
        rc = store_each_sheet_page(store, candidates[i], visit_page, r, r->d);
        if (rc == 0 && r->pages == before)
            rc = diag_error(r->d, YJ_EINPUT, NULL, 0, 0,
                            _("'yuejuan export EXAM --what scores' lists all"),
                            _("no sheet of candidate '%s' was read"), candidates[i]);
    }
    return rc;
}

static int run(const struct annotate_command *c, char **candidates, int n, bool *ret_unreadable,
               struct diag *d)
{
    struct annotate_run r = {.command = c, .d = d};
    struct store *store = NULL;
    struct exam *as_files = NULL;
    struct diag of_exam;
    image_init(&r.page);
    int rc = exam_argument_open(c->exam, c->db, STORE_READ, &store, &as_files, d);
    exam_destroy(as_files); /* the picture shows what scored, not what stands in the files since */
    if (rc == 0 && store_scores_current(store, d) == 0)
        diag_warning(d, NULL, 0, 0, NULL, "%s", scores_are_old());
    diag_init(&of_exam); /* what it warns of was told when it was graded */
    if (rc == 0)
        rc = store_get_exam(store, &r.exam, &of_exam);
    if (rc < 0 && of_exam.count > 0)
        diag_print(&of_exam, stderr);
    diag_finish(&of_exam);
    if (rc == 0)
        rc = scan_finder_create(&r.finder, d);
    if (rc == 0)
        rc = annotate_all(&r, store, candidates, n);
    if (rc >= 0 && r.unreadable > 0)
        diag_warning(d, NULL, 0, 0, NULL, _("pages that could not be drawn: %d of %d"),
                     r.unreadable, r.pages);
    *ret_unreadable = r.unreadable > 0;
    scan_finder_destroy(r.finder);
    image_finish(&r.page);
    exam_destroy(r.exam);
    store_close(store);
    return rc;
}

/* ---- the command ---- */

static int check_arguments(struct annotate_command *c, int argc, char **argv)
{
    if (optind == argc)
        return usage_error("annotate", _("no exam given"));
    c->exam = argv[optind];
    if (c->all && optind + 1 < argc)
        return usage_error("annotate", _("name candidates or --all, not both"));
    if (!c->all && optind + 1 == argc)
        return usage_error("annotate", _("name a candidate, or --all"));
    return 0;
}

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct annotate_command *c, bool *ret_help)
{
    enum { OPT_DB = 256, OPT_ALL };
    static const struct option options[] = {{"db", required_argument, NULL, OPT_DB},
                                            {"all", no_argument, NULL, OPT_ALL},
                                            {"output", required_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
        if (option == OPT_DB) {
            c->db = optarg;
        } else if (option == OPT_ALL) {
            c->all = true;
        } else if (option == 'o') {
            c->output = optarg;
        } else if (option == 'h') {
            *ret_help = true;
            return 0;
        } else {
            return usage_error_option("annotate", argc, argv, option);
        }
    }
    return check_arguments(c, argc, argv);
}

int cmd_annotate(int argc, char **argv)
{
    struct annotate_command c = {.output = "annotated"};
    bool help = false, unreadable = false;
    int status = parse_options(argc, argv, &c, &help);
    if (help)
        print_help();
    if (status != 0 || help)
        return status;
    struct diag d;
    diag_init(&d);
    int rc = vision_init();
    if (rc == 0)
        rc = run(&c, argv + optind + 1, argc - optind - 1, &unreadable, &d);
    status = finish_command(&d, rc);
    if (rc == 0 && unreadable)
        status = EXIT_UNREADABLE;
    diag_finish(&d);
    return status;
}
