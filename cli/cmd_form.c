/* cmd_form.c - `yuejuan form check|draft|layout|import-omrchecker`. */
#include "cmd_form.h"

#include "commands.h"
#include "csvfile.h"
#include "diag.h"
#include "form.h"
#include "i18n.h"
#include "messages.h"
#include "page_clock.h"
#include "path_look.h"
#include "pending_file.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void print_help(void)
{
    puts(_("usage: yuejuan form COMMAND ...\n"
           "\n"
           "  check              what is wrong with a form; draws it over a scan\n"
           "  draft              proposes a form from the scan of a blank sheet\n"
           "  layout             where every bubble, box and region stands, as CSV\n"
           "  import-omrchecker  a form from an OMRChecker template\n"
           "\n"
           "'yuejuan form COMMAND --help' explains one\n"
           "\n"
           "example: yuejuan form check form.yaml --scan blank.png -o check.png"));
}

static void print_layout_help(void)
{
    puts(_("usage: yuejuan form layout FORM [-o layout.csv]\n"
           "\n"
           "writes page,field,kind,option,x,y,w,h: a row a bubble, box or region; lengths are\n"
           "millimetres from the page's top-left corner to the box's\n"
           "\n"
           "  -o, --output FILE  where to, default: stdout\n"
           "      --help         this text\n"
           "\n"
           "example: yuejuan form layout form.yaml -o layout.csv"));
}

static void write_box(FILE *out, const struct field *f, const char *option, struct rect box)
{
    fprintf(out, "%d,", f->page + 1);
    csv_write_cell(out, f->name);
    fprintf(out, ",%s,", field_kind_name(f->kind));
    csv_write_cell(out, option);
    fprintf(out, ",%.3f,%.3f,%.3f,%.3f\n", box.x, box.y, box.w, box.h);
}

static void write_layout(FILE *out, const struct form *form)
{
    fputs("page,field,kind,option,x,y,w,h\n", out);
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        for (int k = 0; k < f->n_bubbles; k++)
            write_box(out, f, f->options[f->bubbles[k].option], f->bubbles[k].box);
        for (int k = 0; k < f->n_boxes; k++)
            write_box(out, f, f->kind == FIELD_STRIP ? f->options[k] : "", f->boxes[k]);
        if (f->n_bubbles == 0 && f->n_boxes == 0)
            write_box(out, f, "", f->area);
    }
}

static int save_layout(const char *path, const struct form *form, struct diag *d)
{
    struct pending_file file;
    if (!path) {
        write_layout(stdout, form);
        return fflush(stdout) == 0 && !ferror(stdout)
                   ? 0
                   : file_write_error(_("standard output"), errno, d);
    }
    int rc = pending_file_open(path, &file, d);
    if (rc < 0)
        return rc;
    write_layout(file.out, form);
    return pending_file_close(&file, 0, path, d);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return path_answers(path, PAGE_SECONDS, NULL) && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int form_layout(int argc, char **argv)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *output = NULL;
    int option;
    while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
        if (option == 'h') {
            print_layout_help();
            return EXIT_DONE;
        }
        if (option != 'o')
            return usage_error_option("form layout", argc, argv, option);
        output = optarg;
    }
    if (argc - optind != 1)
        return usage_error("form layout", _("name one form"));
    if (is_folder(argv[optind]))
        return usage_error("form layout", _("'%s' is a folder: name a form in it"), argv[optind]);
    struct diag d;
    struct form *form = NULL;
    diag_init(&d);
    int rc = form_load(argv[optind], &form, &d);
    if (rc == 0)
        rc = save_layout(output, form, &d);
    int status = finish_command(&d, rc);
    form_destroy(form);
    diag_finish(&d);
    return status;
}

int cmd_form(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {{"check", form_check_command},
                    {"draft", form_draft_command},
                    {"layout", form_layout},
                    {"import-omrchecker", cmd_form_import}};
    if (argc < 2)
        return usage_error("form", _("name what to do with the form"));
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return EXIT_DONE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return usage_error("form", _("unknown command '%s'"), argv[1]);
}
