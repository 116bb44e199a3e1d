/* test_print.c - printed text, drawn here with Leptonica's bitmap letters. */
#include "diag.h"
#include "drawn_page.h"
#include "exam.h"
#include "grade.h"
#include "page_fields.h"
#include "print.h"
#include "store.h"
#include "vision.h"
#include <leptonica/allheaders.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PX_PER_MM (200 / 25.4)
#define PAPER 235
#define PRINT 30

struct page {
    struct image img, scratch;
    struct page_map map;
    struct arena arena;
};

static void page_init(struct page *p)
{
    *p = (struct page){.map = {.mm_to_px = {{PX_PER_MM, 0, -0.5, 0, PX_PER_MM, -0.5, 0, 0, 1}}}};
    assert_int_equal(image_resize(&p->img, (int)(120 * PX_PER_MM), (int)(60 * PX_PER_MM)), 0);
    memset(p->img.data, PAPER, p->img.stride * (size_t)p->img.height);
}

static void page_finish(struct page *p)
{
    image_finish(&p->img);
    image_finish(&p->scratch);
    arena_finish(&p->arena);
}

/* Writes `text` with its baseline's left end at (x, y) mm; capitals are some 2.5 mm high. */
static void draw_text(struct page *p, const char *text, double x, double y)
{
    L_BMF *letters = bmfCreate(NULL, 10);
    PIX *pix = pixCreate(p->img.width, p->img.height, 8);
    l_int32 width, overflow;
    assert_non_null(letters);
    assert_non_null(pix);
    pixSetTextline(pix, letters, text, 255, (int)(x * PX_PER_MM), (int)(y * PX_PER_MM), &width,
                   &overflow);
    assert_false(overflow);
    for (int row = 0; row < p->img.height; row++) {
        const l_uint32 *line = pixGetData(pix) + (size_t)row * (size_t)pixGetWpl(pix);
        for (int column = 0; column < p->img.width; column++)
            if (GET_DATA_BYTE(line, column) > 127)
                image_row(&p->img, row)[column] = PRINT;
    }
    pixDestroy(&pix);
    bmfDestroy(&letters);
}

static void draw_bar(struct page *p, double x, double y, double w, double h)
{
    for (int row = (int)(y * PX_PER_MM); row < (int)((y + h) * PX_PER_MM); row++)
        for (int column = (int)(x * PX_PER_MM); column < (int)((x + w) * PX_PER_MM); column++)
            image_row(&p->img, row)[column] = PRINT;
}

static void draw_outline(struct page *p, struct rect box)
{
    const double stroke = 0.3;
    draw_bar(p, box.x, box.y, box.w, stroke);
    draw_bar(p, box.x, box.y + box.h - stroke, box.w, stroke);
    draw_bar(p, box.x, box.y, stroke, box.h);
    draw_bar(p, box.x + box.w - stroke, box.y, stroke, box.h);
}

static struct field english(struct rect area)
{
    static char language[] = "eng";
    return (struct field){.kind = FIELD_TEXT, .area = area, .print_language = language};
}

static struct print_text read_field(struct print_reader *reader, struct page *p,
                                    const struct field *field)
{
    struct print_text found = {0};
    assert_int_equal(print_read(reader, field, &p->img, &p->map, &p->scratch, &p->arena, &found),
                     0);
    return found;
}

static struct print_text read_area(struct page *p, struct rect area)
{
    struct print_reader *reader = NULL;
    struct field field = english(area);
    assert_int_equal(print_reader_create(&reader), 0);
    struct print_text found = read_field(reader, p, &field);
    print_reader_destroy(reader);
    return found;
}

/* Reading needs English data; a machine without it skips. */
static void need_english(void)
{
    char package[PRINT_PACKAGE_MAX];
    bool has = false;
    assert_int_equal(print_has_data("eng", &has, package), 0);
    if (!has) {
        print_message("skipped: install %s\n", package);
        skip();
    }
}

/* Catches a crop from the wrong place, of the wrong polarity or scale, and text of the neighbours.
 */
static void test_a_line_is_read_as_printed(void **state)
{
    struct page p;
    need_english();
    page_init(&p);
    draw_text(&p, "Sheet 4207", 20, 20);
    draw_text(&p, "Room 5", 20, 30);
    struct print_text found = read_area(&p, (struct rect){18, 15, 50, 8});
    assert_string_equal(found.text, "Sheet 4207");
    assert_int_equal(found.words, 2);
    assert_true(found.confidence > 0.5 && found.confidence <= 1);
    page_finish(&p);
}

/* Catches line ends kept in a value, and an area of two lines taken for one. */
static void test_lines_are_joined_by_a_space(void **state)
{
    struct page p;
    need_english();
    page_init(&p);
    draw_text(&p, "Sheet 4207", 20, 20);
    draw_text(&p, "Room 5", 20, 27);
    assert_string_equal(read_area(&p, (struct rect){15, 13, 50, 20}).text, "Sheet 4207 Room 5");
    page_finish(&p);
}

/* Catches text invented where nothing is printed. */
static void test_white_paper_has_no_text(void **state)
{
    struct page p;
    need_english();
    page_init(&p);
    struct print_text found = read_area(&p, (struct rect){18, 15, 50, 8});
    assert_string_equal(found.text, "");
    assert_true(found.confidence == 0);
    page_finish(&p);
}

/* Catches the boxes' outlines read as letters. */
static void test_boxes_are_read_inside_their_edges(void **state)
{
    static const char digits[][2] = {"4", "2", "0", "7"};
    struct page p;
    struct rect boxes[4];
    char read[16] = "", *to = read;
    need_english();
    page_init(&p);
    for (int i = 0; i < 4; i++) {
        boxes[i] = (struct rect){20 + 5 * i, 15, 5, 6};
        draw_outline(&p, boxes[i]);
        draw_text(&p, digits[i], boxes[i].x + 1.8, 19.2);
    }
    struct field field = english((struct rect){20, 15, 20, 6});
    field.boxes = boxes;
    field.n_boxes = 4;
    struct print_reader *reader = NULL;
    assert_int_equal(print_reader_create(&reader), 0);
    for (const char *c = read_field(reader, &p, &field).text; *c && to < read + 15; c++)
        if (*c != ' ')
            *to++ = *c;
    *to = '\0';
    assert_string_equal(read, "4207");
    print_reader_destroy(reader);
    page_finish(&p);
}

/* Catches an area beyond any picture that stops the run instead of going to a person. */
static void test_an_area_without_pixels_is_a_verdict(void **state)
{
    struct page p;
    struct print_text found;
    struct print_reader *reader = NULL;
    struct field field = english((struct rect){18, 15, 50, 0.01});
    need_english();
    page_init(&p);
    assert_int_equal(print_reader_create(&reader), 0);
    assert_int_equal(print_read(reader, &field, &p.img, &p.map, &p.scratch, &p.arena, &found),
                     YJ_EDATA);
    print_reader_destroy(reader);
    page_finish(&p);
}

enum { LINES = 4, ROUNDS = 3 };

static const char *const lines[LINES] = {"Sheet 4207", "A1 B2 C3", "+1/5/56+", "Room 118"};

/* Reads the lines from `first` on, round and round, and keeps the last of each. */
struct worker {
    int first;
    double confidence[LINES];
    char text[LINES][32];
};

static void *work(void *context)
{
    struct worker *worker = context;
    struct print_reader *reader = NULL;
    struct page p;
    page_init(&p);
    for (int i = 0; i < LINES; i++)
        draw_text(&p, lines[i], 20, 12 + 10 * i);
    assert_int_equal(print_reader_create(&reader), 0);
    for (int i = 0; i < LINES * ROUNDS; i++) {
        int line = (worker->first + i) % LINES;
        struct field field = english((struct rect){18, 7 + 10 * line, 50, 8});
        struct print_text found = read_field(reader, &p, &field);
        worker->confidence[line] = found.confidence;
        snprintf(worker->text[line], sizeof worker->text[line], "%s", found.text);
    }
    print_reader_destroy(reader);
    page_finish(&p);
    return NULL;
}

/* Catches readings that depend on what the reader read before, or on what another thread reads. */
static void test_readings_do_not_depend_on_order_or_threads(void **state)
{
    struct worker alone = {.first = 0}, pair[2] = {{.first = 1}, {.first = 2}};
    pthread_t threads[2];
    need_english();
    work(&alone);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &pair[i]), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 2; i++)
        for (int line = 0; line < LINES; line++) {
            assert_string_equal(pair[i].text[line], alone.text[line]);
            assert_true(pair[i].confidence[line] == alone.confidence[line]);
        }
    assert_string_equal(alone.text[0], lines[0]);
}

static int count_threads(void)
{
    char line[128];
    int n = 0;
    FILE *status = fopen("/proc/self/status", "r");
    assert_non_null(status);
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "Threads: %d", &n) == 1)
            break;
    fclose(status);
    return n;
}

/* Catches Tesseract's own threads beside the workers: four for each of them. */
static void test_no_thread_is_started(void **state)
{
    struct page p;
    int before = count_threads();
    need_english();
    page_init(&p);
    draw_text(&p, "Sheet 4207", 20, 20);
    read_area(&p, (struct rect){18, 15, 50, 8});
    assert_true(before > 0);
    assert_int_equal(count_threads(), before);
    page_finish(&p);
}

/* Catches a second language whose data lacks passed over, and a wrong package in the advice. */
static void test_missing_data_is_named_as_a_package(void **state)
{
    char package[PRINT_PACKAGE_MAX] = "";
    bool has = true;
    need_english();
    assert_int_equal(print_has_data("eng+no_such", &has, package), 0);
    assert_false(has);
    assert_string_equal(package, "tesseract-ocr-no-such");
    assert_int_equal(print_has_data("script/NoSuch", &has, package), 0);
    assert_false(has);
    assert_string_equal(package, "tesseract-ocr-script-nosuch");
}

/* ---- a batch ---- */

enum { SLIPS = 4 };

static const char slip_form[] =
    "form: slip\n"
    "page: {size: [120, 60]}\n"
    "registration: {image: true}\n"
    "fields:\n"
    "  - {field: serial, kind: text, print: eng, area: [18, 15, 50, 8]}\n"
    "  - {field: empty, kind: text, print: eng, area: [18, 30, 50, 8]}\n"
    "  - {field: blot, kind: text, print: eng, area: [18, 45, 50, 8]}\n";

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

/* Paper with its grain, a serial and a blot. */
static void write_slip(const char *folder, int n)
{
    struct page p;
    char serial[32], path[128];
    page_init(&p);
    drawn_page_noise(&p.img, 8, (unsigned)n);
    snprintf(serial, sizeof serial, "Sheet %d", 4207 + n);
    draw_text(&p, serial, 20, 20);
    draw_bar(&p, 30, 46, 9, 6);
    snprintf(path, sizeof path, "%s/slip%d.png", folder, n);
    assert_int_equal(
        image_write_png(path, p.img.data, p.img.width, p.img.height, p.img.stride, 0, NULL), 0);
    page_finish(&p);
}

/* Grades the folder's slips; the readings, a line each, are the caller's to free. */
static char *grade_slips(const char *folder, int jobs)
{
    char db[128], *text = NULL;
    size_t size;
    struct exam *exam = NULL;
    struct diag d;
    struct grade_summary summary;
    struct store *store;
    struct store_rows *rows;
    snprintf(db, sizeof db, "%s/jobs%d.db", folder, jobs);
    diag_init(&d);
    int r = exam_load(folder, &exam, &d);
    struct grade_options options = {
        .paths = &folder, .n_paths = 1, .db_path = db, .batch = "", .jobs = jobs};
    if (r == 0)
        r = grade_run(exam, &options, &summary, &d);
    diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(r, 0);
    assert_int_equal(summary.pages_read, SLIPS);
    exam_destroy(exam);
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(store_open(db, STORE_READ, &store, NULL), 0);
    assert_int_equal(store_rows_open(store, TABLE_READINGS, &rows, NULL), 0);
    int columns = store_rows_columns(rows);
    struct store_cell cells[32];
    assert_true(columns <= 32);
    while (store_rows_next(rows, cells, NULL) == 1)
        for (int i = 0; i < columns; i++)
            fprintf(out, "%s%c", cells[i].text, i + 1 < columns ? '|' : '\n');
    store_rows_close(rows);
    store_close(store);
    fclose(out);
    return text;
}

/* Catches print kept as a picture only, the paper's grain read as letters, a blot called blank, and
 * readings that depend on --jobs. */
static void test_a_batch_reads_print(void **state)
{
    char folder[] = "/tmp/yuejuan-print-XXXXXX", command[64], expected[64];
    need_english();
    assert_non_null(mkdtemp(folder));
    write_file(folder, "form.yaml", slip_form);
    write_file(folder, "exam.yaml", "title: slips\nform: form.yaml\nmin_confidence: 0.8\n");
    for (int n = 1; n <= SLIPS; n++)
        write_slip(folder, n);
    char *one = grade_slips(folder, 1), *two = grade_slips(folder, 2);
    assert_string_equal(one, two);
    for (int n = 1; n <= SLIPS; n++) {
        snprintf(expected, sizeof expected, "slip%d.png|1||serial|Sheet %d|ok|", n, 4207 + n);
        assert_non_null(strstr(one, expected));
        snprintf(expected, sizeof expected, "slip%d.png|1||empty||blank|", n);
        assert_non_null(strstr(one, expected));
    }
    const char *blot = strstr(one, "|blot|");
    assert_non_null(blot);
    assert_non_null(strstr(blot, "|uncertain|"));
    assert_null(strstr(blot, "|blot||blank|"));
    free(one);
    free(two);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

/* Catches data that lacks found out only at the first page that needs it. */
static void test_missing_data_is_told_before_any_scan(void **state)
{
    static char unknown[] = "no_such";
    struct form form = {.path = (char *)"form.yaml"};
    struct field fields[2] = {english((struct rect){18, 15, 50, 8}),
                              english((struct rect){18, 30, 50, 8})};
    struct exam_form forms[] = {{.form = &form}};
    struct exam exam = {.forms = forms, .n_forms = 1};
    struct diag d;
    need_english();
    for (int i = 0; i < 2; i++) {
        fields[i].name = (char *)"serial";
        fields[i].line = 5 + i;
        fields[i].print_language = unknown;
    }
    form.fields = fields;
    form.n_fields = 2;
    diag_init(&d);
    assert_int_equal(page_fields_check(&exam, &d), YJ_EINPUT);
    assert_int_equal(d.errors, 1); /* told once for both */
    assert_int_equal(d.entries[0].line, 5);
    assert_non_null(strstr(d.entries[0].hint, "'tesseract-ocr-no-such'"));
    diag_finish(&d);
}

int main(void)
{
    if (vision_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_thread_is_started),
        cmocka_unit_test(test_a_line_is_read_as_printed),
        cmocka_unit_test(test_lines_are_joined_by_a_space),
        cmocka_unit_test(test_white_paper_has_no_text),
        cmocka_unit_test(test_boxes_are_read_inside_their_edges),
        cmocka_unit_test(test_an_area_without_pixels_is_a_verdict),
        cmocka_unit_test(test_readings_do_not_depend_on_order_or_threads),
        cmocka_unit_test(test_missing_data_is_named_as_a_package),
        cmocka_unit_test(test_a_batch_reads_print),
        cmocka_unit_test(test_missing_data_is_told_before_any_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
