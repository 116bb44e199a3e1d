#include "truth.h"

#include "csvfile.h"

#include <string.h>

#define VALUE_MAX 4096

static const struct table {
    const char *file, *header;
} tables[TRUTH_TABLES] = {
    [TRUTH_FIELDS] = {"truth.csv", "scan,page,candidate,field,value,status\n"},
    [TRUTH_MARKS] = {"marks.csv", "scan,page,field,column,option,look,meant\n"},
    [TRUTH_PAGES] = {"pages.csv", "scan,page,profile,damage,strength\n"},
};

const char *truth_file(enum truth_table table)
{
    return tables[table].file;
}

const char *truth_header(enum truth_table table)
{
    return tables[table].header;
}

/* ---- values, as `export` prints them ---- */

struct value {
    char text[VALUE_MAX];
    size_t length;
};

static void value_add(struct value *v, const char *more)
{
    size_t n = strlen(more);
    if (v->length + n < VALUE_MAX) {
        memcpy(v->text + v->length, more, n + 1);
        v->length += n;
    }
}

static bool is_meant(const struct page_plan *plan, int field, int bubble)
{
    for (int i = 0; i < plan->n_marks; i++)
        if (plan->marks[i].field == field && plan->marks[i].bubble == bubble &&
            plan->marks[i].meant)
            return true;
    return false;
}

static void choice_value(const struct truth_page *p, int index, struct value *v)
{
    const struct field *f = &p->sitter->form->fields[index];
    for (int b = 0; b < f->n_bubbles; b++)
        if (is_meant(p->plan, index, b))
            value_add(v, f->options[f->bubbles[b].option]);
}

/* A column's options; *ret_n how many. */
static void column_value(const struct truth_page *p, int index, int first, int n, struct value *v,
                         int *ret_n)
{
    const struct field *f = &p->sitter->form->fields[index];
    *ret_n = 0;
    for (int b = first; b < first + n; b++)
        if (is_meant(p->plan, index, b)) {
            if ((*ret_n)++)
                value_add(v, "|");
            value_add(v, f->options[f->bubbles[b].option]);
        }
}

/* What the field's policy makes of columns left blank before the next marked one. */
static void add_gap(const struct field *f, int blanks, bool marked_before, struct value *v,
                    bool *ret_doubt)
{
    for (; blanks > 0; blanks--) {
        if (f->blank == BLANK_SPACE && marked_before)
            value_add(v, " ");
        else if (f->blank == BLANK_DOUBT || (f->blank == BLANK_SKIP && marked_before)) {
            value_add(v, "?");
            *ret_doubt = true;
        }
    }
}

static void grid_value(const struct truth_page *p, int index, struct value *v, bool *ret_doubt)
{
    const struct field *f = &p->sitter->form->fields[index];
    int blanks = 0;
    bool marked = false;
    for (int first = 0, n; first < f->n_bubbles; first += n) {
        struct value column = {.length = 0};
        int marks;
        for (n = 1;
             first + n < f->n_bubbles && f->bubbles[first + n].column == f->bubbles[first].column;)
            n++;
        column.text[0] = '\0';
        column_value(p, index, first, n, &column, &marks);
        if (marks == 0) {
            blanks++;
            continue;
        }
        add_gap(f, blanks, marked, v, ret_doubt);
        blanks = 0;
        marked = true;
        value_add(v, marks > 1 ? "[" : "");
        value_add(v, column.text);
        value_add(v, marks > 1 ? "]" : "");
    }
    if (marked && f->blank == BLANK_DOUBT)
        add_gap(f, blanks, marked, v, ret_doubt);
}

/* ---- rows ---- */

static void write_start(const struct truth_page *p, FILE *out)
{
    csv_write_cell(out, p->scan);
    fprintf(out, ",%d,", p->page + 1);
}

/* False where the field has no value that marks or print could give it. */
static bool field_value(const struct truth_page *p, int index, struct value *v, bool *ret_doubt)
{
    const struct field *f = &p->sitter->form->fields[index];
    switch (f->kind) {
    case FIELD_CHOICE:
        choice_value(p, index, v);
        return true;
    case FIELD_GRID:
        grid_value(p, index, v, ret_doubt);
        return true;
    case FIELD_BARCODE:
        if (index != p->sitter->form->candidate || !p->has_code)
            return false;
        value_add(v, p->sitter->candidate);
        return true;
    case FIELD_DIGITS:
    case FIELD_LETTERS:
        if (p->written && f->n_boxes > 0) {
            value_add(v, p->written[index].text);
            *ret_doubt |= p->written[index].ambiguous;
        }
        return f->n_boxes > 0;
    case FIELD_STRIP:
        value_add(v, p->given[index].value);
        *ret_doubt |= !p->given[index].clear;
        return true;
    default:
        return false;
    }
}

static void write_fields(const struct truth_page *p, FILE *out)
{
    const struct form *form = p->sitter->form;
    bool refused = damages_refuse(p->damages);
    for (int i = 0; i < form->n_fields; i++) {
        struct value v = {.length = 0};
        bool doubt = refused || p->plan->ambiguous[i];
        v.text[0] = '\0';
        if (form->fields[i].page != p->page || !field_value(p, i, &v, &doubt))
            continue;
        write_start(p, out);
        csv_write_cell(out, p->sitter->candidate);
        fputc(',', out);
        csv_write_cell(out, form->fields[i].name);
        fputc(',', out);
        csv_write_cell(out, v.text);
        fprintf(out, ",%s\n", doubt ? "ambiguous" : "clear");
    }
}

static void write_marks(const struct truth_page *p, FILE *out)
{
    for (int i = 0; i < p->plan->n_marks; i++) {
        const struct planned_mark *m = &p->plan->marks[i];
        const struct field *f = &p->sitter->form->fields[m->field];
        const struct bubble *b = &f->bubbles[m->bubble];
        write_start(p, out);
        csv_write_cell(out, f->name);
        fprintf(out, ",%d,", b->column);
        csv_write_cell(out, f->options[b->option]);
        fprintf(out, ",%s,%d\n", pupil_look_name(m->look), m->meant);
    }
}

static void write_damages(const struct truth_page *p, FILE *out)
{
    int n = 0;
    for (int i = 0; i < DAMAGES; i++)
        if (p->damages->strength[i] > 0) {
            write_start(p, out);
            fprintf(out, "%s,%s,%.3f\n", p->profile, damage_name((enum damage)i),
                    p->damages->strength[i]);
            n++;
        }
    if (n == 0) {
        write_start(p, out);
        fprintf(out, "%s,none,0\n", p->profile);
    }
}

void truth_write_page(const struct truth_page *page, FILE *const *out)
{
    write_fields(page, out[TRUTH_FIELDS]);
    write_marks(page, out[TRUTH_MARKS]);
    write_damages(page, out[TRUTH_PAGES]);
}
