/* page_task.c - one page's way through the stages. */
#include "page_task.h"
#include "colour.h"
#include "diag.h"
#include "i18n.h"
#include "marks.h"
#include "page_clock.h"
#include "page_fields.h"
#include "page_health.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Below these a page is read, and somebody is told to look at the scanner. */
#define POOR_DPI 90.0      /* a 2.5 mm bubble is less than 9 px wide */
#define POOR_CONTRAST 0.12 /* (paper - print) / 255 */
#define POOR_RESIDUAL 0.6  /* mm */

struct page_task {
    const struct exam *exam;
    const struct registrar *registrar;
    struct registration_scratch *registration;
    struct registration_result result; /* large: its map holds hundreds of anchors */
    struct page_health_scratch *health;
    struct decoder *decoder;
    struct page_clock clock;
    double page_seconds;
    struct asked_fields asked;
    struct image img, chroma, scratch;
    struct image halves[DECODER_HALVES];
    struct print_reader *print;
    struct look_reader *looks;
    struct glyph_reader *glyphs;
    struct line_reader *lines;
    struct hanzi_reader *hanzi;
    struct reading *bubble_scratch;
};

/* Colour is decoded where a form of the exam has score strips, or marks in colour are no marks. */
static bool needs_colour(const struct exam *exam)
{
    for (int f = 0; f < exam->n_forms; f++)
        for (int i = 0; i < exam->forms[f].form->n_fields; i++)
            if (exam->forms[f].form->fields[i].kind == FIELD_STRIP)
                return true;
    return exam->marks.ignore_colour;
}

static int largest_form(const struct exam *exam)
{
    int most = 1;
    for (int i = 0; i < exam->n_forms; i++)
        if (exam->forms[i].form->n_fields > most)
            most = exam->forms[i].form->n_fields;
    return most;
}

int page_task_create(const struct exam *exam, const struct registrar *registrar,
                     struct page_task **ret_task)
{
    struct page_task *task = calloc(1, sizeof *task);
    if (!task)
        return YJ_ENOMEM;
    task->exam = exam;
    task->registrar = registrar;
    task->page_seconds = PAGE_SECONDS;
    image_init(&task->img);
    image_init(&task->chroma);
    image_init(&task->scratch);
    task->bubble_scratch = calloc((size_t)largest_form(exam), sizeof *task->bubble_scratch);
    int r = task->bubble_scratch ? 0 : YJ_ENOMEM;
    if (r == 0)
        r = asked_fields_init(exam, &task->asked);
    if (r == 0)
        r = decoder_create(&task->decoder);
    if (r == 0)
        decoder_want_halves(task->decoder, task->halves);
    if (r == 0 && needs_colour(exam))
        decoder_want_chroma(task->decoder, &task->chroma);
    if (r == 0)
        r = print_reader_create(&task->print);
    if (r == 0)
        r = look_reader_create(&task->looks);
    if (r == 0)
        r = glyph_reader_create(&task->glyphs);
    if (r == 0)
        r = line_reader_create(&task->lines);
    if (r == 0)
        r = hanzi_reader_create(&task->hanzi);
    if (r == 0)
        r = registration_scratch_create(&task->registration);
    if (r == 0)
        r = page_health_scratch_create(&task->health);
    if (r < 0) {
        page_task_destroy(task);
        return r;
    }
    *ret_task = task;
    return 0;
}

void page_task_destroy(struct page_task *task)
{
    if (!task)
        return;
    registration_scratch_destroy(task->registration);
    page_health_scratch_destroy(task->health);
    decoder_destroy(task->decoder);
    print_reader_destroy(task->print);
    look_reader_destroy(task->looks);
    glyph_reader_destroy(task->glyphs);
    line_reader_destroy(task->lines);
    hanzi_reader_destroy(task->hanzi);
    asked_fields_finish(&task->asked);
    image_finish(&task->img);
    image_finish(&task->chroma);
    for (int k = 0; k < DECODER_HALVES; k++)
        image_finish(&task->halves[k]);
    image_finish(&task->scratch);
    free(task->bubble_scratch);
    free(task);
}

int page_task_read_scan(struct page_task *task, struct scan *scan)
{
    return scan_read(scan, task->decoder);
}

int page_task_guard(struct page_task *task, struct sandbox *sandbox, double page_seconds)
{
    if (page_seconds > 0)
        task->page_seconds = page_seconds;
    decoder_set_clock(task->decoder, &task->clock);
    registration_scratch_set_clock(task->registration, &task->clock);
    return decoder_use_sandbox(task->decoder, sandbox);
}

static double thread_cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Books the time since *since to `stage`. */
static void lap(struct page_record *record, enum stage stage, double *since)
{
    double now = thread_cpu_ms();
    record->cpu_ms[stage] += now - *since;
    *since = now;
}

static int add_quality_exceptions(struct page_record *record, struct arena *arena)
{
    const struct page_quality *q = &record->quality;
    char detail[160];
    int r = 0;
    if (q->dpi > 0 && q->dpi < POOR_DPI) {
        snprintf(detail, sizeof detail, _("%.0f dpi is coarse: scan at 150 dpi or more"), q->dpi);
        r = page_record_add_exception(record, arena, EXCEPTION_SCAN_QUALITY, detail);
    }
    if (r == 0 && q->contrast > 0 && q->contrast < POOR_CONTRAST) {
        snprintf(detail, sizeof detail,
                 _("the print is only %.0f %% darker than the paper: check toner and scanner"),
                 100 * q->contrast);
        r = page_record_add_exception(record, arena, EXCEPTION_SCAN_QUALITY, detail);
    }
    if (r == 0 && record->residual > POOR_RESIDUAL) {
        snprintf(detail, sizeof detail,
                 _("the page is %.2f mm out of shape: check the feeder and the print"),
                 record->residual);
        r = page_record_add_exception(record, arena, EXCEPTION_SCAN_QUALITY, detail);
    }
    return r;
}

static int refuse_page(const struct exam *exam, struct arena *arena, struct page_record *record,
                       enum page_verdict verdict, const char *reason)
{
    static const enum exception_kind kinds[] = {
        [PAGE_UNREADABLE] = EXCEPTION_UNREADABLE_FILE,
        [PAGE_NO_REGISTRATION] = EXCEPTION_NO_REGISTRATION,
        [PAGE_UNKNOWN_FORM] = EXCEPTION_UNKNOWN_FORM,
    };
    record->verdict = verdict;
    int r = page_fields_unread(exam, arena, record);
    return r < 0 ? r : page_record_add_exception(record, arena, kinds[verdict], reason);
}

static int keep_registration(const struct registration_result *found, struct arena *arena,
                             struct page_record *record)
{
    record->form = found->form;
    record->form_page = found->form_page;
    record->transform = found->map.mm_to_px;
    record->residual = found->residual;
    record->fit = found->fit;
    record->quality = found->quality;
    record->sheet = arena_strdup(arena, found->sheet);
    return record->sheet ? 0 : YJ_ENOMEM;
}

static int read_page(struct page_task *task, struct arena *arena, struct page_record *record)
{
    struct page_view view = {.exam = task->exam,
                             .asked = &task->asked,
                             .img = &task->img,
                             .chroma = &task->chroma,
                             .map = &task->result.map,
                             .scratch = &task->scratch,
                             .print = task->print,
                             .looks = task->looks,
                             .glyphs = task->glyphs,
                             .lines = task->lines,
                             .hanzi = task->hanzi,
                             .bubble_scratch = task->bubble_scratch,
                             .clock = &task->clock,
                             .arena = arena};
    record->verdict = PAGE_READ;
    if (task->exam->marks.ignore_colour)
        colour_remove(&task->img, &task->chroma, task->exam->forms[record->form].form,
                      record->form_page, &task->result.map, record->quality.paper);
    int r = page_fields_read(&view, record);
    return r < 0 ? r : add_quality_exceptions(record, arena);
}

/* Also of a page that is refused: the scanner may be why. */
static int measure_health(struct page_task *task, struct page_record *record)
{
    const struct registration_result *found = &task->result;
    bool known = found->verdict == PAGE_READ;
    struct page_health_input in = {.img = &task->img,
                                   .form = found->form >= 0 ? task->exam->forms[found->form].form
                                                            : NULL,
                                   .page = found->form_page,
                                   .map = known ? &found->map : NULL,
                                   .quality = &found->quality};
    in.reduced = registration_reduced(task->registration, &task->img, HEALTH_SIDE, &in.level);
    return page_health_measure(&in, task->health, &record->health);
}

/* Registers and reads what was decoded; YJ_ETIME. */
static int look_at_page(struct page_task *task, const struct scan *scan, struct arena *arena,
                        struct page_record *record, double *since)
{
    record->width = task->img.width;
    record->height = task->img.height;
    int r = registrar_find(task->registrar, scan_path(scan), &task->img, task->halves,
                           task->registration, &task->result);
    if (r == 0)
        r = keep_registration(&task->result, arena, record);
    if (r == 0)
        r = measure_health(task, record);
    lap(record, STAGE_REGISTER, since);
    if (r < 0)
        return r;
    r = task->result.verdict == PAGE_READ
            ? read_page(task, arena, record)
            : refuse_page(task->exam, arena, record, task->result.verdict, task->result.reason);
    lap(record, STAGE_READ, since);
    return r;
}

/* As if it could not be decoded: nothing that was read so far is kept. */
int page_task_give_up(const struct exam *exam, double seconds, struct arena *arena,
                      struct page_record *record)
{
    struct page_record given_up = {.number = record->number,
                                   .form = -1,
                                   .form_page = -1,
                                   .sheet = "",
                                   .width = record->width,
                                   .height = record->height};
    char reason[SCAN_REASON_MAX];
    memcpy(given_up.cpu_ms, record->cpu_ms, sizeof given_up.cpu_ms);
    *record = given_up;
    snprintf(reason, sizeof reason, _("took longer than %g s to read"), seconds);
    return refuse_page(exam, arena, record, PAGE_UNREADABLE, reason);
}

int page_task_run(struct page_task *task, const struct scan *scan, int number, struct arena *arena,
                  struct page_record *ret_record)
{
    struct page_record record = {.number = number, .form = -1, .form_page = -1, .sheet = ""};
    char reason[SCAN_REASON_MAX] = "";
    double since = thread_cpu_ms();
    page_clock_start(&task->clock, task->page_seconds);
    int r = scan_decode_page(scan, number, task->decoder, &task->img, reason);
    lap(&record, STAGE_DECODE, &since);
    record.cpu_ms[STAGE_DECODE] += decoder_helper_ms(task->decoder);
    if (r == YJ_EDATA)
        r = refuse_page(task->exam, arena, &record, PAGE_UNREADABLE, reason);
    else if (r == 0)
        r = page_clock_is_up(&task->clock) ? YJ_ETIME
                                           : look_at_page(task, scan, arena, &record, &since);
    if (r == YJ_ETIME)
        r = page_task_give_up(task->exam, task->page_seconds, arena, &record);
    if (r == 0)
        *ret_record = record;
    return r;
}
