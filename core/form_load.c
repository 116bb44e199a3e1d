/* Reads a form: the top of the YAML, and the order in which its parts are read. */
#include "form_print.h"
#include "form_reader.h"

#include "diag.h"
#include "i18n.h"
#include "textfile.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_ITEMS(array) (sizeof(array) / sizeof *(array))
#define SMALLEST_SIDE 20.0 /* mm */

/* Sizes of paper, mm: ISO 216, JIS P 0138, ANSI; 8K and 16K as printers know them in China. */
static const struct {
    const char *name;
    double width, height;
} papers[] = {
    {"A3", 297, 420},  {"A4", 210, 297},         {"A5", 148, 210},        {"B4", 250, 353},
    {"B5", 176, 250},  {"JIS-B4", 257, 364},     {"JIS-B5", 182, 257},    {"8K", 270, 390},
    {"16K", 195, 270}, {"letter", 215.9, 279.4}, {"legal", 215.9, 355.6},
};

bool form_paper(size_t i, const char **ret_name, double *ret_width, double *ret_height)
{
    if (i >= N_ITEMS(papers))
        return false;
    *ret_name = papers[i].name;
    *ret_width = papers[i].width;
    *ret_height = papers[i].height;
    return true;
}

static int read_paper(const struct form_reader *r, const struct yaml_node *node)
{
    const char *names[N_ITEMS(papers)];
    int i;
    for (size_t k = 0; k < N_ITEMS(papers); k++) {
        names[k] = papers[k].name;
        if (node->kind == YAML_SCALAR && strcasecmp(node->text, names[k]) == 0) {
            r->form->width = papers[k].width;
            r->form->height = papers[k].height;
            return 0;
        }
    }
    return yaml_name(r->yaml, node, "size", names, N_ITEMS(names), &i);
}

static int read_page_size(const struct form_reader *r, const struct yaml_node *node)
{
    struct form *form = r->form;
    double side[2];
    if (node->kind != YAML_LIST)
        return read_paper(r, node);
    int rc = yaml_numbers(r->yaml, node, "size", _("[width, height] in mm"), side, 2);
    if (rc < 0)
        return rc;
    for (int i = 0; i < 2; i++)
        if (side[i] < SMALLEST_SIDE || side[i] > FORM_MAX_SIDE)
            return yaml_error(r->yaml, node, _("lengths are in millimetres"),
                              _("a page's side is %g to %g mm, not %g"), SMALLEST_SIDE,
                              FORM_MAX_SIDE, side[i]);
    form->width = side[0];
    form->height = side[1];
    return 0;
}

/* `page: {size: A4, landscape: true}`, or `page: A4`. */
static int read_page(const struct form_reader *r, const struct yaml_node *root)
{
    static const char *const keys[] = {"size", "landscape"};
    const struct yaml_node *page = yaml_get(root, "page");
    if (!page)
        return yaml_missing(r->yaml, root, "page", _("write 'page: {size: A4}'"));
    if (page->kind != YAML_MAP)
        return read_page_size(r, page);
    int rc = yaml_check_keys(r->yaml, page, keys, N_ITEMS(keys));
    const struct yaml_node *size = yaml_get(page, "size"), *turned = yaml_get(page, "landscape");
    bool landscape = false;
    if (!size ? yaml_missing(r->yaml, page, "size", _("write 'size: A4'")) < 0
              : read_page_size(r, size) < 0)
        rc = YJ_EINPUT;
    if (turned && yaml_bool(r->yaml, turned, "landscape", &landscape) < 0)
        rc = YJ_EINPUT;
    if (landscape && r->form->width < r->form->height) {
        double width = r->form->width;
        r->form->width = r->form->height;
        r->form->height = width;
    }
    return rc;
}

static int read_name(const struct form_reader *r, const struct yaml_node *root)
{
    const struct yaml_node *node = yaml_get(root, "form");
    const char *name;
    if (!node)
        return yaml_missing(r->yaml, root, "form", _("give the form a name, 'form: midterm'"));
    int rc = yaml_text(r->yaml, node, "form", &name);
    if (rc == 0)
        rc = form_check_name(r, node);
    if (rc < 0)
        return rc;
    r->form->name = arena_strdup(r->memory, name);
    return r->form->name ? 0 : YJ_ENOMEM;
}

static int read_root(struct form_reader *r)
{
    static const char *const keys[] = {"form",    "page",         "candidate", "absent",
                                       "version", "bubble",       "fields",    "pages",
                                       "print",   "registration", "identity"};
    const struct yaml_node *root = r->yaml->root;
    if (root->kind != YAML_MAP)
        return yaml_error(r->yaml, root, _("begin it with 'form: name'"), _("this is no form"));
    if (yaml_get(root, "forms") && !yaml_get(root, "fields"))
        return yaml_error(r->yaml, root, _("name one of the forms it lists"),
                          _("this is an exam, not a form"));
    int bad = yaml_check_keys(r->yaml, root, keys, N_ITEMS(keys));
    int rc = read_name(r, root);
    if (rc == YJ_ENOMEM)
        return rc;
    bad = rc < 0 ? rc : bad;
    bool sized = read_page(r, root) == 0;
    if (!sized) { /* any place may be right: nothing is told to be off the page */
        r->form->width = r->form->height = FORM_MAX_SIDE;
        bad = YJ_EINPUT;
    }
    r->bubble = yaml_get(root, "bubble");
    rc = form_read_pages(r, root);
    if (rc == YJ_ENOMEM)
        return rc;
    bad = rc < 0 ? rc : bad;
    rc = form_read_prints(r, root);
    if (rc == YJ_ENOMEM)
        return rc;
    bad = rc < 0 ? rc : bad;
    const struct yaml_node *fields = yaml_get(root, "fields");
    rc = fields ? form_read_fields(r, fields)
                : yaml_missing(r->yaml, root, "fields", _("list what is to be read"));
    if (rc == YJ_ENOMEM)
        return rc;
    bad = rc < 0 ? rc : bad;
    rc = form_check(r, root);
    return rc < 0 ? rc : bad;
}

static struct form *create_form(const char *name)
{
    struct form *form = calloc(1, sizeof *form);
    if (!form)
        return NULL;
    form->memory = calloc(1, sizeof *form->memory);
    if (form->memory) {
        arena_init(form->memory);
        form->path = arena_strdup(form->memory, name);
    }
    if (!form->path) {
        form_destroy(form);
        return NULL;
    }
    form->candidate = form->absent = form->version = -1;
    return form;
}

int form_parse(const char *text, size_t size, const char *name, const char *base_dir,
               struct form **ret_form, struct diag *d)
{
    struct diag own;
    diag_init(&own);
    if (!d)
        d = &own;
    struct yaml *yaml = NULL;
    struct form *form = NULL;
    int rc = yaml_parse(text, size, name, &yaml, d);
    if (rc < 0)
        goto finish;
    rc = YJ_ENOMEM;
    form = create_form(name);
    if (!form)
        goto finish;
    struct form_reader r = {
        .yaml = yaml, .form = form, .memory = form->memory, .base_dir = base_dir};
    rc = read_root(&r);
    if (rc == 0) {
        *ret_form = form;
        form = NULL;
    }
finish:
    form_destroy(form);
    yaml_destroy(yaml);
    diag_finish(&own);
    return rc;
}

int form_load(const char *path, struct form **ret_form, struct diag *d)
{
    char *text;
    size_t size;
    int rc = text_load(path, &text, &size, d);
    if (rc < 0)
        return rc;
    char *dir = path_folder(path);
    rc = dir ? form_parse(text, size, path, dir, ret_form, d) : YJ_ENOMEM;
    free(dir);
    free(text);
    return rc;
}
