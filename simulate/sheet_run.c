#include "sheet_run.h"

#include "camera.h"
#include "candidates.h"
#include "diag.h"
#include "i18n.h"
#include "paper.h"
#include "scan_writer.h"
#include "sheet.h"
#include "visible.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each has a stream of its own for a sheet or a page. */
enum purpose {
    PURPOSE_PUPIL = 1,
    PURPOSE_DEVICE,
    PURPOSE_DAMAGE,
    PURPOSE_CAPTURE,
    PURPOSE_PRESS,
    PURPOSE_PLAN,
    PURPOSE_INK,
    PURPOSE_PAPER,
    PURPOSE_NOISE,
    PURPOSE_OTHER,
    PURPOSE_BACK,
    PURPOSE_TEACHER,
    PURPOSE_WRITING,
};

#define FINENESS 1.5 /* pixels of the sheet for one of the scan */

void bench_init(struct bench *b)
{
    memset(b, 0, sizeof *b);
    image_init(&b->sheet.img);
    image_init(&b->other.img);
    image_init(&b->bare.surface.img);
    image_init(&b->seen);
    image_init(&b->seen_bare);
    image_init(&b->green.img);
    image_init(&b->blue.img);
    capture_init(&b->capture);
    page_plan_init(&b->plan);
    trace_init(&b->trace);
}

void bench_finish(struct bench *b)
{
    image_finish(&b->sheet.img);
    image_finish(&b->other.img);
    image_finish(&b->bare.surface.img);
    image_finish(&b->seen);
    image_finish(&b->seen_bare);
    image_finish(&b->green.img);
    image_finish(&b->blue.img);
    free(b->rgb);
    free(b->given);
    free(b->written);
    capture_finish(&b->capture);
    page_plan_finish(&b->plan);
    trace_finish(&b->trace);
}

/* One sheet in the making. */
struct job {
    struct bench *bench;
    const struct workshop *shop;
    struct diag *d;
    int index, form_index;
    struct sitter sitter;
    struct sheet_owner owner;
    struct pupil pupil;
    double dpi, print_dpi;
    char name[32]; /* of the file */
    struct scan_writer *writer;
    FILE *rows[TRUTH_TABLES];
};

static struct rng stream(const struct job *j, int page, enum purpose purpose)
{
    uint64_t form_and_profile = (uint64_t)j->shop->settings->profile << 32 | (uint32_t)page;
    return rng_stream(j->shop->settings->seed, (uint64_t)j->index, form_and_profile, purpose);
}

/* ---- the scan's resolution ---- */

/* The print is drawn a little finer than it is scanned: a few sizes serve all. */
static void choose_dpi(struct job *j)
{
    struct rng rng = stream(j, 0, PURPOSE_DEVICE);
    const struct simulate_settings *s = j->shop->settings;
    j->dpi = s->dpi;
    if (s->dpi == 0 && s->profile == PROFILE_OFFICE)
        j->dpi = 200;
    else if (s->dpi == 0 && s->profile == PROFILE_ROUGH)
        j->dpi = rng_chance(&rng, 0.35) ? 150 : 200;
    else if (s->dpi == 0)
        j->dpi = rng_range(&rng, 130, 200);
    bool photo = s->profile == PROFILE_PHONE;
    j->print_dpi = photo && s->dpi == 0 ? 270 : fmax(100, ceil(j->dpi * FINENESS));
}

/* ---- surfaces ---- */

static void lay_on_paper(struct job *j, struct surface *s, int page, enum purpose purpose)
{
    struct rng rng = stream(j, page, purpose);
    s->px = j->print_dpi / 25.4;
    s->tooth = j->shop->tooth;
    s->tooth_x = rng_below(&rng, TOOTH_SIDE);
    s->tooth_y = rng_below(&rng, TOOTH_SIDE);
}

/* Another candidate's filled page of the same form, for a double feed or the other side. */
static int fill_other(struct job *j, int page, enum purpose purpose, const uint8_t *tone)
{
    struct bench *b = j->bench;
    struct rng rng = stream(j, page, purpose);
    struct sitter other = j->sitter;
    struct pupil pupil;
    char name[CANDIDATE_MAX];
    candidate_name(j->shop->exam, j->sitter.form, j->index + 1, j->shop->settings->seed ^ 0x51,
                   name);
    other.candidate = name;
    int shown = purpose == PURPOSE_BACK ? (page + 1) % j->sitter.form->n_pages : page;
    int r = print_shop_copy(j->shop->shop, j->sitter.form, shown, NULL, j->print_dpi, &b->other.img,
                            j->d);
    if (r < 0)
        return r;
    lay_on_paper(j, &b->other, page, purpose);
    pupil_draw(&pupil, j->shop->settings->profile, -1, &rng);
    r = pupil_plan_page(&pupil, &other, shown, &b->plan, &rng);
    if (r == 0)
        r = markup_draw(&b->other, j->sitter.form, shown, &pupil, &b->plan, tone, &b->trace, &rng,
                        NULL);
    return r;
}

/* `form`: the exam's, or a stranger's. */
static int print_page(struct job *j, const struct form *form, int page,
                      const struct damages *damages)
{
    struct bench *b = j->bench;
    struct rng rng = stream(j, page, PURPOSE_PRESS);
    bool own = form == j->sitter.form;
    int r = print_shop_copy(j->shop->shop, form, own ? page : 0, own ? &j->owner : NULL,
                            j->print_dpi, &b->sheet.img, j->d);
    if (r < 0)
        return r;
    press_spoil(&b->sheet.img, damages, j->print_dpi / 25.4, &rng);
    lay_on_paper(j, &b->sheet, page, PURPOSE_PAPER);
    return 0;
}

/* Somebody's answers to another exam, on its own sheet; the plan is then made for ours, as truth
 * has its fields. */
static int fill_stranger(struct job *j, int page, const struct damages *damages,
                         const uint8_t *tone)
{
    struct bench *b = j->bench;
    struct rng rng = stream(j, page, PURPOSE_OTHER), plan = stream(j, page, PURPOSE_PLAN);
    struct sitter stranger = {.candidate = ""};
    int r = print_shop_stranger(j->shop->shop, j->sitter.form, (unsigned)(rng_next(&rng) >> 8),
                                &stranger.form, j->d);
    if (r == 0)
        r = print_page(j, stranger.form, page, damages);
    if (r == 0)
        r = pupil_plan_page(&j->pupil, &stranger, 0, &b->plan, &rng);
    if (r == 0)
        r = markup_draw(&b->sheet, stranger.form, 0, &j->pupil, &b->plan, tone, &b->trace, &rng,
                        NULL);
    return r < 0 ? r : pupil_plan_page(&j->pupil, &j->sitter, page, &b->plan, &plan);
}

static int write_page(struct job *j, int page)
{
    struct bench *b = j->bench;
    struct rng rng = stream(j, page, PURPOSE_WRITING);
    int n = j->sitter.form->n_fields;
    if (n > b->n_written) {
        free(b->written);
        b->written = calloc((size_t)n, sizeof *b->written);
        b->n_written = b->written ? n : 0;
    }
    return b->written
               ? writing_draw(&b->sheet, &j->sitter, page, &j->pupil, &b->trace, &rng, b->written)
               : YJ_ENOMEM;
}

/* Whether marks are looked for in the scan: not where all is ambiguous, nor where a teacher writes
 * over them. */
static bool is_compared(const struct job *j, const struct damages *damages)
{
    return !damages_refuse(damages) && !teacher_is_asked(j->sitter.form);
}

static int fill_own(struct job *j, int page, const struct damages *damages, const uint8_t *tone)
{
    struct bench *b = j->bench;
    struct rng plan = stream(j, page, PURPOSE_PLAN), ink = stream(j, page, PURPOSE_INK);
    int r = print_page(j, j->sitter.form, page, damages);
    b->bare.of_all = b->capture.format == SCAN_BITS;
    if (r == 0)
        r = pupil_plan_page(&j->pupil, &j->sitter, page, &b->plan, &plan);
    if (r == 0)
        r = markup_draw(&b->sheet, j->sitter.form, page, &j->pupil, &b->plan, tone, &b->trace, &ink,
                        is_compared(j, damages) ? &b->bare : NULL);
    return r == 0 && writing_is_asked(j->sitter.form) ? write_page(j, page) : r;
}

/* Share of the page's bubbles that a cut hides. */
static double share_hidden(const struct job *j, int page, const struct cut *cut)
{
    const struct form *form = j->sitter.form;
    const struct surface *s = &j->bench->sheet;
    int n = 0, hidden = 0;
    for (int f = 0; f < form->n_fields; f++)
        for (int b = 0; form->fields[f].page == page && b < form->fields[f].n_bubbles; b++) {
            struct point c = rect_center(form->fields[f].bubbles[b].box);
            n++;
            hidden += paper_hides(cut, s->img.width, s->img.height, c.x * s->px, c.y * s->px);
        }
    return n ? (double)hidden / n : 1;
}

#define MIN_HIDDEN                                                                                 \
    0.05 /* of the bubbles: else the page can still be read, and need not be refused */

static struct cut draw_cut(const struct job *j, int page, const struct damages *damages,
                           struct rng *rng)
{
    int w = j->bench->sheet.img.width, h = j->bench->sheet.img.height;
    struct cut cut;
    for (int tries = 0; tries < 100; tries++) {
        cut = damages->strength[DAMAGE_FOLDED_OVER] > 0
                  ? paper_draw_fold(w, h, damages->strength[DAMAGE_FOLDED_OVER], rng)
                  : paper_draw_overlap(w, h, damages->strength[DAMAGE_DOUBLE_FEED], rng);
        if (share_hidden(j, page, &cut) >= MIN_HIDDEN)
            break;
    }
    return cut;
}

static void spoil_page(struct job *j, int page, const struct damages *damages, struct rng *rng)
{
    struct bench *b = j->bench;
    bool folded = damages->strength[DAMAGE_FOLDED_OVER] > 0;
    if (!folded && damages->strength[DAMAGE_DOUBLE_FEED] == 0)
        return;
    struct cut cut = draw_cut(j, page, damages, rng);
    if (folded)
        paper_fold_over(&b->sheet, &cut, b->capture.optics.ground);
    else
        paper_feed_double(&b->sheet, &b->other.img, &cut, rng);
}

/* The candidate's marks, then the day's wear. */
static int fill_page(struct job *j, int page, const struct damages *damages)
{
    struct bench *b = j->bench;
    struct rng paper = stream(j, page, PURPOSE_PAPER), again = paper;
    uint8_t tone[256];
    int r = 0;
    bool doubled = damages->strength[DAMAGE_DOUBLE_FEED] > 0;
    bool shows = damages->strength[DAMAGE_SHOW_THROUGH] > 0;
    capture_seen_tone(&b->capture, tone);
    b->bare.drawn = false;
    if (doubled || shows)
        r = fill_other(j, page, doubled ? PURPOSE_OTHER : PURPOSE_BACK, tone);
    if (r == 0)
        r = damages->strength[DAMAGE_OTHER_FORM] > 0 ? fill_stranger(j, page, damages, tone)
                                                     : fill_own(j, page, damages, tone);
    if (r < 0)
        return r;
    int ground = b->capture.optics.ground;
    const struct image *back = shows && !doubled ? &b->other.img : NULL;
    paper_age(&b->sheet, damages, ground, back, &paper);
    if (b->bare.drawn)
        paper_age(&b->bare.surface, damages, ground, back, &again);
    spoil_page(j, page, damages, &paper);
    return 0;
}

/* ---- marking ---- */

/* A scanner without colour sees the luma (BT.601). */
static void merge_planes(struct bench *b)
{
    for (int y = 0; y < b->sheet.img.height; y++) {
        uint8_t *red = image_row(&b->sheet.img, y);
        const uint8_t *green = image_row(&b->green.img, y), *blue = image_row(&b->blue.img, y);
        for (int x = 0; x < b->sheet.img.width; x++)
            red[x] = (uint8_t)((299 * red[x] + 587 * green[x] + 114 * blue[x] + 500) / 1000);
    }
}

static int make_room_for_points(struct bench *b, int n)
{
    if (n > b->n_given) {
        free(b->given);
        b->n_given = 0;
        b->given = malloc((size_t)n * sizeof *b->given);
        if (!b->given)
            return YJ_ENOMEM;
        b->n_given = n;
    }
    memset(b->given, 0, (size_t)n * sizeof *b->given);
    return 0;
}

/* A form with strips comes back marked, and is scanned in colour but where it is scanned in black
 * and white. */
static int mark_page(struct job *j, int page)
{
    struct bench *b = j->bench;
    struct rng rng = stream(j, page, PURPOSE_TEACHER);
    int r = make_room_for_points(b, j->sitter.form->n_fields);
    if (r == 0)
        r = surface_copy(&b->sheet, &b->green);
    if (r == 0)
        r = surface_copy(&b->sheet, &b->blue);
    if (r < 0)
        return r;
    struct surface planes[] = {b->sheet, b->green, b->blue}; /* their pixels are the bench's */
    r = teacher_mark_page(planes, j->sitter.form, page, j->shop->exam->marks.ignore_colour,
                          b->given, &b->trace, &rng);
    if (b->capture.format == SCAN_BITS)
        merge_planes(b);
    else
        b->capture.format = SCAN_JPEG_RGB;
    return r;
}

/* ---- scanning ---- */

static int set_capture(struct job *j, int page, const struct damages *damages)
{
    struct rng device = stream(j, 0, PURPOSE_DEVICE), rng = stream(j, page, PURPOSE_CAPTURE);
    double px = j->print_dpi / 25.4;
    enum simulate_profile profile = j->shop->settings->profile;
    rng_next(&device); /* what choose_dpi drew */
    return profile == PROFILE_PHONE
               ? camera_set(&j->bench->capture, j->sitter.form, damages, j->dpi, px, &device, &rng)
               : scanner_set(&j->bench->capture, j->sitter.form, profile, damages, j->dpi, px,
                             &device, &rng);
}

static int add_row(void *context, const uint8_t *pixels)
{
    return scan_writer_add_row(context, pixels);
}

/* Rows that are looked at once more. */
struct kept_rows {
    struct image *img;
    int y;
    struct scan_writer *writer; /* NULL: they are not written */
};

static int keep_grey_row(void *context, const uint8_t *pixels)
{
    struct kept_rows *rows = context;
    memcpy(image_row(rows->img, rows->y++), pixels, (size_t)rows->img->width);
    return rows->writer ? scan_writer_add_row(rows->writer, pixels) : 0;
}

static int expose_kept(struct job *j, const struct surface *sheet, uint64_t start,
                       struct scan_writer *writer, struct image *ret)
{
    const struct optics *o = &j->bench->capture.optics;
    struct kept_rows rows = {.img = ret, .writer = writer};
    int r = image_resize(ret, o->width, o->height);
    return r < 0 ? r : optics_expose(o, &sheet->img, &j->shop->noise, start, keep_grey_row, &rows);
}

/* The page, and once more without what is looked for, under the same noise. */
static int expose_twice(struct job *j, uint64_t start)
{
    struct bench *b = j->bench;
    int r = expose_kept(j, &b->sheet, start, j->writer, &b->seen);
    if (r == 0)
        r = expose_kept(j, &b->bare.surface, start, NULL, &b->seen_bare);
    if (r == 0)
        r = visible_judge(&b->capture, &b->seen, &b->seen_bare, j->sitter.form, b->sheet.px,
                          &b->plan);
    return r;
}

/* Where the pixels of one light go. */
struct plane_rows {
    uint8_t *to; /* of the first pixel */
    int width;
};

static int keep_row(void *context, const uint8_t *pixels)
{
    struct plane_rows *rows = context;
    for (int x = 0; x < rows->width; x++, rows->to += 3)
        *rows->to = pixels[x];
    return 0;
}

#define PLANES_APART 0.12 /* px, deviation: three lights, or three rows of sensors */

/* Red, green and blue one after the other, each seen a little beside the others. */
static int expose_colour(struct job *j, struct rng *noise)
{
    struct bench *b = j->bench;
    struct optics *o = &b->capture.optics;
    const struct image *const planes[] = {&b->sheet.img, &b->green.img, &b->blue.img};
    size_t size = (size_t)o->width * (size_t)o->height * 3;
    if (size > b->rgb_size) {
        free(b->rgb);
        b->rgb = malloc(size);
        b->rgb_size = b->rgb ? size : 0;
    }
    int r = b->rgb ? 0 : YJ_ENOMEM;
    for (int i = 0; i < 3 && r == 0; i++) {
        struct plane_rows rows = {.to = b->rgb + i, .width = o->width};
        struct homography middle = b->capture.view.to_paper;
        double *m = b->capture.view.to_paper.m;
        double dx = i ? PLANES_APART * rng_normal_within(noise, 2.5) : 0;
        double dy = i ? PLANES_APART * rng_normal_within(noise, 2.5) : 0;
        m[2] += m[0] * dx + m[1] * dy;
        m[5] += m[3] * dx + m[4] * dy;
        if (i)
            view_fill_optics(&b->capture.view, o);
        r = optics_expose(o, planes[i], &j->shop->noise, rng_next(noise), keep_row, &rows);
        b->capture.view.to_paper = middle;
    }
    for (int y = 0; y < o->height && r == 0; y++)
        r = scan_writer_add_row(j->writer, b->rgb + (size_t)y * (size_t)o->width * 3);
    return r;
}

static int scan_page(struct job *j, int page)
{
    struct bench *b = j->bench;
    struct rng noise = stream(j, page, PURPOSE_NOISE);
    int r = scan_writer_begin_page(j->writer, &b->capture);
    if (r == 0 && b->capture.format == SCAN_JPEG_RGB)
        r = expose_colour(j, &noise);
    else if (r == 0 && b->bare.drawn)
        r = expose_twice(j, rng_next(&noise));
    else if (r == 0)
        r = optics_expose(&b->capture.optics, &b->sheet.img, &j->shop->noise, rng_next(&noise),
                          add_row, j->writer);
    return r < 0 ? r : scan_writer_end_page(j->writer);
}

static void write_truth(struct job *j, int page, const struct damages *damages)
{
    struct truth_page truth = {.scan = j->name,
                               .page = page,
                               .sitter = &j->sitter,
                               .plan = &j->bench->plan,
                               .damages = damages,
                               .profile = simulate_profile_names()[j->shop->settings->profile],
                               .has_code = true,
                               .given = j->bench->given,
                               .written = j->bench->written};
    snprintf(j->name, sizeof j->name, "%06d%s", j->index + 1, scan_writer_suffix(j->writer));
    truth_write_page(&truth, j->rows);
}

static int make_page(struct job *j, int page)
{
    struct damages damages;
    struct rng rng = stream(j, page, PURPOSE_DAMAGE);
    damages_draw(&damages, j->shop->settings->profile, j->shop->damage, &rng);
    if (j->bench->written)
        memset(j->bench->written, 0, (size_t)j->bench->n_written * sizeof *j->bench->written);
    int r = set_capture(j, page, &damages);
    if (r == 0)
        r = fill_page(j, page, &damages);
    if (r == 0 && teacher_is_asked(j->sitter.form))
        r = mark_page(j, page);
    if (r == 0)
        r = scan_page(j, page);
    if (r == 0)
        write_truth(j, page, &damages);
    return r;
}

static int save(struct job *j)
{
    size_t room = strlen(j->shop->scans) + sizeof j->name + 2;
    char *path = malloc(room);
    if (!path)
        return YJ_ENOMEM;
    snprintf(path, room, "%s/%s", j->shop->scans, j->name);
    int r = scan_writer_save(j->writer, path, j->d);
    free(path);
    return r;
}

static int make_pages(struct job *j)
{
    int r = scan_writer_create(j->sitter.form->n_pages, &j->writer);
    for (int p = 0; r == 0 && p < j->sitter.form->n_pages; p++)
        r = make_page(j, p);
    if (r == 0)
        r = save(j);
    scan_writer_destroy(j->writer);
    return r;
}

static const char *name_of(const struct exam *exam, int index)
{
    return exam->roster && index < exam->roster->n_entries ? exam->roster->entries[index].name : "";
}

int bench_make_sheet(struct bench *b, const struct workshop *shop, int index,
                     char *rows[TRUTH_TABLES], struct diag *d)
{
    struct job j = {.bench = b, .shop = shop, .d = d, .index = index};
    const struct exam *exam = shop->exam;
    char candidate[CANDIDATE_MAX];
    size_t sizes[TRUTH_TABLES];
    j.sitter.form = exam->forms[index % exam->n_forms].form;
    j.sitter.key = exam->key;
    candidate_name(exam, j.sitter.form, index, shop->settings->seed, candidate);
    j.sitter.candidate = candidate;
    j.owner = (struct sheet_owner){
        .candidate = candidate, .name = name_of(exam, index), .serial = (uint64_t)index + 1};
    struct rng rng = stream(&j, 0, PURPOSE_PUPIL);
    pupil_draw(&j.pupil, shop->settings->profile, shop->manner, &rng);
    if (shop->settings->restless)
        pupil_unsettle(&j.pupil, &rng);
    choose_dpi(&j);
    int r = 0;
    for (int t = 0; t < TRUTH_TABLES; t++) {
        rows[t] = NULL;
        j.rows[t] = open_memstream(&rows[t], &sizes[t]);
        r = j.rows[t] ? r : YJ_ENOMEM;
    }
    if (r == 0)
        r = make_pages(&j);
    for (int t = 0; t < TRUTH_TABLES; t++)
        if (j.rows[t] && fclose(j.rows[t]) != 0 && r == 0)
            r = YJ_ENOMEM;
    return r;
}
