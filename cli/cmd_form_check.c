/* cmd_form_check.c - `yuejuan form check FORM [--scan SCAN] [-o OUT.png]`. */
#include "cmd_form.h"

#include "commands.h"
#include "diag.h"
#include "exam.h"
#include "i18n.h"
#include "messages.h"
#include "overlay.h"
#include "registration.h"
#include "scan_page.h"
#include "vision.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANK_DPI 150.0 /* of the paper a form is drawn on where there is no scan */

struct check_command {
    const char *form, *scan, *output;
    int page; /* of the scan, or of the form where there is none; from 1 */
};

static void print_help(void)
{
    puts(_("usage: yuejuan form check FORM [--scan SCAN] [-o OUT.png]\n"
           "\n"
           "says what is wrong with a form, each mistake with its line and column, or what is in\n"
           "it; draws it over a scan, so that one sees whether it is where the print is\n"
           "\n"
           "  FORM               a form, or an exam with its forms, key and roster\n"
           "      --scan SCAN    JPEG, PNG, TIFF, PDF or ZIP to draw over; default: white paper\n"
           "      --page N       page of the scan, or of the form on white paper; default 1\n"
           "  -o, --output FILE  the PNG to write, default with --scan: check.png\n"
           "      --help         this text\n"
           "\n"
           "bubbles are red, boxes blue, areas green, marks magenta, page numbers orange\n"
           "\n"
           "example: yuejuan form check form.yaml --scan blank.png -o check.png\n"
           "\n"
           "exit status: 0 right, 1 the form is not found on the scan, 2 mistakes in the form,\n"
           "3 the scan cannot be read"));
}

/* ---- what is in the form ---- */

struct kind_count {
    int fields, bubbles, boxes;
};

static void print_kind(const struct form *form, enum field_kind kind)
{
    struct kind_count n = {0, 0, 0};
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        if (f->kind != kind)
            continue;
        n.fields++;
        n.bubbles += f->n_bubbles;
        n.boxes += f->n_boxes;
    }
    if (n.fields == 0)
        return;
    fputs("  ", stdout);
    print_padded(stdout, field_kind_name(kind), 11);
    printf(_("fields: %d"), n.fields);
    if (n.bubbles > 0)
        printf(_(", bubbles: %d"), n.bubbles);
    if (n.boxes > 0)
        printf(_(", boxes: %d"), n.boxes);
    putchar('\n');
}

static void print_role(const struct form *form, const char *role, int field)
{
    if (field < 0)
        return;
    fputs("  ", stdout);
    print_padded(stdout, role, 11);
    puts(form->fields[field].name);
}

static void print_page(const struct form_page *page, int number)
{
    static const char *const kinds[] = {
        [REGISTER_MARKS] = N_("marks"),         [REGISTER_MARKER] = N_("marker"),
        [REGISTER_OUTLINE] = N_("outline"),     [REGISTER_FRAME] = N_("frame"),
        [REGISTER_REFERENCE] = N_("reference"), [REGISTER_IMAGE] = N_("image"),
        [REGISTER_TIMING] = N_("timing"),       [REGISTER_PRINT] = N_("print"),
    };
    char label[32];
    snprintf(label, sizeof label, _("page %d"), number);
    fputs("  ", stdout);
    print_padded(stdout, label, 11);
    fputs(_("found by"), stdout);
    for (int i = 0; i < page->n_registrations; i++) {
        const struct registration *reg = &page->registrations[i];
        printf("%s %s", i ? "," : "", _(kinds[reg->kind]));
        if (reg->n_marks > 0)
            printf(" (%d)", reg->n_marks);
    }
    if (page->identity.n_page_bits > 0)
        printf(_("; says its number in %d squares"), page->identity.n_page_bits);
    if (page->identity.n_sheet_bits > 0)
        printf(_("; says its sheet in %d squares"), page->identity.n_sheet_bits);
    if (page->identity.barcode.w > 0)
        printf(_("; says '%s' in a barcode"), page->identity.barcode_text);
    putchar('\n');
}

static void print_form(const struct form *form)
{
    struct kind_count n = {.fields = form->n_fields};
    for (int i = 0; i < form->n_fields; i++)
        n.bubbles += form->fields[i].n_bubbles;
    printf(_("form '%s': %g x %g mm, pages: %d, fields: %d, bubbles: %d\n"), form->name,
           form->width, form->height, form->n_pages, n.fields, n.bubbles);
    for (int i = 0; i < form->n_pages; i++)
        print_page(&form->pages[i], i + 1);
    for (int kind = FIELD_CHOICE; kind <= FIELD_STRIP; kind++)
        print_kind(form, (enum field_kind)kind);
    print_role(form, _("candidate"), form->candidate);
    print_role(form, _("absent"), form->absent);
    print_role(form, _("version"), form->version);
}

/* ---- drawing ---- */

/* The form's own page on white paper. */
static int draw_blank(const struct check_command *c, const struct exam *exam, struct diag *d)
{
    const struct form *form = exam->forms[0].form;
    const double scale = BLANK_DPI / 25.4;
    struct page_map *map = calloc(1, sizeof *map);
    struct image paper;
    struct overlay overlay = {0};
    int rc = YJ_ENOMEM;
    image_init(&paper);
    if (c->page > form->n_pages) {
        rc = diag_error(d, YJ_EINPUT, form->path, 0, 0, NULL, _("page %d of a form of %d"), c->page,
                        form->n_pages);
        goto finish;
    }
    if (!map || image_resize(&paper, (int)(form->width * scale), (int)(form->height * scale)) < 0)
        goto finish;
    for (int y = 0; y < paper.height; y++)
        memset(image_row(&paper, y), 255, (size_t)paper.width);
    map->mm_to_px = (struct homography){{scale, 0, 0, 0, scale, 0, 0, 0, 1}};
    rc = overlay_init(&overlay, &paper);
    if (rc < 0)
        goto finish;
    overlay_draw(&overlay, form, c->page - 1, map);
    rc = overlay_write(&overlay, c->output, d);
finish:
    overlay_finish(&overlay);
    image_finish(&paper);
    free(map);
    return rc;
}

static int find_form(const struct exam *exam, const char *scan, const struct image *page,
                     struct registration_result *ret, struct diag *d)
{
    struct registrar *registrar = NULL;
    struct registration_scratch *scratch = NULL;
    int rc = registrar_create(exam, &registrar, d);
    if (rc == 0)
        rc = registration_scratch_create(&scratch);
    if (rc == 0)
        rc = registrar_find(registrar, scan, page, NULL, scratch, ret);
    registration_scratch_destroy(scratch);
    registrar_destroy(registrar);
    return rc;
}

static void print_finding(const struct registration_result *result, const struct exam *exam)
{
    const struct form *form = exam->forms[result->form].form;
    printf(_("found page %d of '%s': residual %.2f mm, %.0f %% of the outlines, %.0f dpi\n"),
           result->form_page + 1, form->name, result->residual, 100 * result->fit,
           result->quality.dpi);
    if (result->sheet[0])
        printf(_("sheet %s\n"), result->sheet);
}

/* Also a form that was refused is drawn, where it would fit best: one sees why. */
static int draw_over_scan(const struct check_command *c, const struct exam *exam, bool *ret_found,
                          struct diag *d)
{
    struct registration_result *result = calloc(1, sizeof *result);
    struct overlay overlay = {0};
    struct image page;
    image_init(&page);
    int rc = result ? scan_page_decode(c->scan, c->page, &page, d) : YJ_ENOMEM;
    if (rc == 0)
        rc = find_form(exam, c->scan, &page, result, d);
    if (rc == 0)
        rc = overlay_init(&overlay, &page);
    if (rc < 0)
        goto finish;
    *ret_found = result->verdict == PAGE_READ;
    /* No transform at all is all noughts. */
    bool guessed = result->form >= 0 && result->form_page >= 0 && result->map.mm_to_px.m[8] != 0;
    if (*ret_found)
        print_finding(result, exam);
    else
        diag_error(d, YJ_EDATA, c->scan, 0, 0,
                   guessed ? _("the drawing shows where the form would fit best")
                           : _("the drawing shows the scan alone"),
                   _("the form is not found: %s"), result->reason);
    if (guessed)
        overlay_draw(&overlay, exam->forms[result->form].form, result->form_page, &result->map);
    rc = overlay_write(&overlay, c->output, d);
finish:
    overlay_finish(&overlay);
    image_finish(&page);
    free(result);
    return rc;
}

/* ---- the command ---- */

/* 0: go on; else the exit status, and *ret_help whether the help is wanted. */
static int parse_options(int argc, char **argv, struct check_command *c, bool *ret_help)
{
    enum { OPT_SCAN = 256, OPT_PAGE };
    static const struct option options[] = {{"scan", required_argument, NULL, OPT_SCAN},
                                            {"page", required_argument, NULL, OPT_PAGE},
                                            {"output", required_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
        if (option == OPT_SCAN) {
            c->scan = optarg;
        } else if (option == 'o') {
            c->output = optarg;
        } else if (option == 'h') {
            *ret_help = true;
            return 0;
        } else if (option == OPT_PAGE) {
            char *end;
            long page = strtol(optarg, &end, 10);
            if (*end || page < 1 || page > 1000000)
                return usage_error("form check", _("'%s' is no page number"), optarg);
            c->page = (int)page;
        } else {
            return usage_error_option("form check", argc, argv, option);
        }
    }
    if (argc - optind != 1)
        return usage_error("form check", _("name one form"));
    c->form = argv[optind];
    if (c->scan && !c->output)
        c->output = "check.png";
    return 0;
}

static int run(const struct check_command *c, bool *ret_found, struct diag *d)
{
    struct exam *exam = NULL;
    int rc = exam_load(c->form, &exam, d);
    if (rc < 0)
        return rc;
    for (int i = 0; i < exam->n_forms; i++)
        print_form(exam->forms[i].form);
    if (c->scan)
        rc = draw_over_scan(c, exam, ret_found, d);
    else if (c->output)
        rc = draw_blank(c, exam, d);
    if (rc == 0 && c->output)
        printf(_("drawn to '%s'\n"), c->output);
    exam_destroy(exam);
    return rc;
}

int form_check_command(int argc, char **argv)
{
    struct check_command c = {.page = 1};
    bool help = false, found = true;
    int status = parse_options(argc, argv, &c, &help);
    if (help)
        print_help();
    if (status != 0 || help)
        return status;
    struct diag d;
    diag_init(&d);
    int rc = vision_init();
    if (rc == 0)
        rc = run(&c, &found, &d);
    if (fflush(stdout) != 0 && rc == 0)
        rc = diag_error(&d, YJ_EIO, NULL, 0, 0, NULL, _("cannot write '%s'"), _("standard output"));
    status = finish_command(&d, rc);
    if (rc == YJ_EDATA)
        status = EXIT_UNREADABLE;
    if (rc == 0 && !found)
        status = EXIT_FAILED;
    diag_finish(&d);
    return status;
}
