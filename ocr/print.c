/* print.c - a grey picture of the field, upright at one resolution whatever the scan's, to
 * Tesseract.
 */
#include "print.h"
#include "crop.h"
#include "diag.h"
#include <ctype.h>
#include <leptonica/allheaders.h>
#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <tesseract/capi.h>

#define PRINT_DPI 300.0  /* what Tesseract was trained near */
#define BORDER 30        /* px of paper around: letters at a picture's very edge get lost */
#define LINE_ASPECT 4.0  /* width / height from which an area holds one line */
#define LINE_HEIGHT 10.0 /* mm: a taller area may hold two */
#define INSET_SHARE 0.15 /* of a box's shorter side: its printed edge */
#define GRAIN 32         /* grey levels below the paper that need not be print */
#define PAPER_SHARE 0.75 /* this share of the pixels is darker than what counts as the paper */

struct language {
    char *name;
    TessBaseAPI *api;
};

struct print_reader {
    struct language *languages;
    int n_languages;
};

/* Tesseract keeps settings of the whole process, which loading writes. */
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

/* ---- Tesseract's handles ---- */

/* Every page has a worker already. libgomp has read OMP_THREAD_LIMIT before main began, so it is
 * told here, for the thread that calls. */
static void stay_in_one_thread(void)
{
    omp_set_max_active_levels(0);
}

/* NULL where there is no data, or no memory. */
static TessBaseAPI *load_language(const char *name)
{
    /* Without lstm_use_matrix it loads no dictionary (load_system_dawg is the old engine's). */
    char *settings[] = {"debug_file", "lstm_use_matrix"};
    char *values[] = {"/dev/null", "0"};
    stay_in_one_thread();
    pthread_mutex_lock(&loading);
    TessBaseAPI *api = TessBaseAPICreate();
    /* Before it looks for its data: what lacks is told by us. */
    if (api)
        TessBaseAPISetVariable(api, settings[0], values[0]);
    if (api && TessBaseAPIInit4(api, NULL, name, OEM_LSTM_ONLY, NULL, 0, settings, values,
                                sizeof settings / sizeof *settings, false) != 0) {
        TessBaseAPIDelete(api);
        api = NULL;
    }
    pthread_mutex_unlock(&loading);
    return api;
}

static void unload_language(TessBaseAPI *api)
{
    pthread_mutex_lock(&loading);
    TessBaseAPIDelete(api);
    pthread_mutex_unlock(&loading);
}

int print_reader_create(struct print_reader **ret_reader)
{
    struct print_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return YJ_ENOMEM;
    *ret_reader = reader;
    return 0;
}

void print_reader_destroy(struct print_reader *reader)
{
    if (!reader)
        return;
    for (int i = 0; i < reader->n_languages; i++) {
        unload_language(reader->languages[i].api);
        free(reader->languages[i].name);
    }
    free(reader->languages);
    free(reader);
}

/* NULL: out of memory, for print_has_data has seen the data. */
static TessBaseAPI *find_language(struct print_reader *reader, const char *name)
{
    for (int i = 0; i < reader->n_languages; i++)
        if (strcmp(reader->languages[i].name, name) == 0)
            return reader->languages[i].api;
    size_t more = (size_t)reader->n_languages + 1;
    struct language *languages = realloc(reader->languages, more * sizeof *languages);
    if (!languages)
        return NULL;
    reader->languages = languages;
    struct language language = {.name = strdup(name), .api = load_language(name)};
    if (!language.name || !language.api) {
        free(language.name);
        if (language.api)
            unload_language(language.api);
        return NULL;
    }
    languages[reader->n_languages++] = language;
    return language.api;
}

/* As Debian names them: chi_tra is in tesseract-ocr-chi-tra, script/HanT in
 * tesseract-ocr-script-hant. */
static void name_package(const char *language, char package[PRINT_PACKAGE_MAX])
{
    snprintf(package, PRINT_PACKAGE_MAX, "tesseract-ocr-%s", language);
    for (char *c = package; *c; c++)
        *c = *c == '_' || *c == '/' ? '-' : (char)tolower((unsigned char)*c);
}

int print_has_data(const char *languages, bool *ret_has, char ret_package[PRINT_PACKAGE_MAX])
{
    char *names = strdup(languages), *rest = names;
    if (!names)
        return YJ_ENOMEM;
    bool has = true;
    /* One by one: of several together Tesseract passes over in silence what it lacks. */
    for (char *name; has && (name = strsep(&rest, "+"));) {
        TessBaseAPI *api = load_language(name);
        has = api != NULL;
        if (has)
            unload_language(api);
        else
            name_package(name, ret_package);
    }
    free(names);
    *ret_has = has;
    return 0;
}

/* ---- the picture ---- */

static int paper_level(const struct image *img)
{
    size_t histogram[256] = {0}, seen = 0;
    for (int y = 0; y < img->height; y++)
        for (int x = 0; x < img->width; x++)
            histogram[image_row(img, y)[x]]++;
    size_t wanted = (size_t)(PAPER_SHARE * img->width * img->height);
    int level = 0;
    while (level < 255 && (seen += histogram[level]) < wanted)
        level++;
    return level;
}

static struct rect inside(struct rect box)
{
    double inset = fmin(box.w, box.h) * INSET_SHARE;
    return (struct rect){box.x + inset, box.y + inset, box.w - 2 * inset, box.h - 2 * inset};
}

static void paste(const struct image *from, PIX *to, int left, int top)
{
    l_int32 width, height;
    pixGetDimensions(to, &width, &height, NULL);
    for (int y = 0; y < from->height && top + y < height; y++) {
        l_uint32 *line = pixGetData(to) + (size_t)(top + y) * (size_t)pixGetWpl(to);
        for (int x = 0; x < from->width && left + x < width; x++)
            SET_DATA_BYTE(line, left + x, image_row(from, y)[x]);
    }
}

/* The field as if nothing were printed around its boxes. */
static int draw_boxes(const struct field *field, const struct image *img,
                      const struct page_map *map, struct image *scratch, PIX *pix)
{
    double px = PRINT_DPI / 25.4;
    for (int i = 0; i < field->n_boxes; i++) {
        struct rect box = inside(field->boxes[i]);
        int r = crop_extract(img, map, box, PRINT_DPI, scratch);
        if (r < 0)
            return r;
        paste(scratch, pix, BORDER + (int)round((box.x - field->area.x) * px),
              BORDER + (int)round((box.y - field->area.y) * px));
    }
    return 0;
}

/* The paper's grain alone is no picture to read: Tesseract would stretch it to black and white, and
 * find letters. */
static bool has_contrast(PIX *pix, int paper)
{
    l_int32 width, height;
    pixGetDimensions(pix, &width, &height, NULL);
    for (int y = 0; y < height; y++) {
        const l_uint32 *line = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
        for (int x = 0; x < width; x++)
            if ((int)GET_DATA_BYTE(line, x) < paper - GRAIN)
                return true;
    }
    return false;
}

/* *ret_pix is NULL where there is nothing but paper. */
static int draw_field(const struct field *field, const struct image *img,
                      const struct page_map *map, struct image *scratch, PIX **ret_pix)
{
    int r = crop_extract(img, map, field->area, PRINT_DPI, scratch);
    if (r < 0)
        return r;
    PIX *pix = pixCreate(scratch->width + 2 * BORDER, scratch->height + 2 * BORDER, 8);
    if (!pix)
        return YJ_ENOMEM;
    pixSetResolution(pix, (l_int32)PRINT_DPI, (l_int32)PRINT_DPI);
    int paper = paper_level(scratch);
    pixSetAllArbitrary(pix, (l_uint32)paper);
    if (field->n_boxes)
        r = draw_boxes(field, img, map, scratch, pix);
    else
        paste(scratch, pix, BORDER, BORDER);
    if (r < 0 || !has_contrast(pix, paper))
        pixDestroy(&pix); /* and NULL */
    if (r == 0)
        *ret_pix = pix;
    return r;
}

/* ---- the text ---- */

/* In place: runs of white space to one space, none at the ends. */
static void fold_space(char *text)
{
    char *to = text;
    for (const char *c = text; *c; c++) {
        if (!isspace((unsigned char)*c))
            *to++ = *c;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    }
    if (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

static int take_text(TessBaseAPI *api, struct arena *arena, struct print_text *ret)
{
    struct print_text found = {.text = ""};
    char *text = TessBaseAPIGetUTF8Text(api);
    int *confidences = TessBaseAPIAllWordConfidences(api); /* per cent, -1 ends them */
    if (text && confidences) {
        char *kept = arena_strdup(arena, text);
        int least = 100;
        for (; kept && confidences[found.words] >= 0; found.words++)
            least = confidences[found.words] < least ? confidences[found.words] : least;
        if (kept)
            fold_space(kept);
        found.text = kept;
        found.confidence = kept && *kept && found.words ? least / 100.0 : 0;
    }
    TessDeleteText(text);
    TessDeleteIntArray(confidences);
    if (!found.text)
        return YJ_ENOMEM;
    *ret = found;
    return 0;
}

static bool holds_one_line(struct rect area)
{
    return area.w >= LINE_ASPECT * area.h && area.h <= LINE_HEIGHT;
}

static int recognize(TessBaseAPI *api, PIX *pix, struct rect area, struct arena *arena,
                     struct print_text *ret_text)
{
    int r = 0;
    stay_in_one_thread();
    TessBaseAPISetPageSegMode(api, holds_one_line(area) ? PSM_SINGLE_LINE : PSM_SINGLE_BLOCK);
    TessBaseAPISetImage2(api, pix);
    if (TessBaseAPIRecognize(api, NULL) == 0)
        r = take_text(api, arena, ret_text);
    else
        *ret_text = (struct print_text){.text = ""};
    /* What one field taught must not tell in the next: the order of pages is chance. */
    TessBaseAPIClearAdaptiveClassifier(api);
    TessBaseAPIClear(api);
    return r;
}

int print_read(struct print_reader *reader, const struct field *field, const struct image *img,
               const struct page_map *map, struct image *scratch, struct arena *arena,
               struct print_text *ret_text)
{
    PIX *pix = NULL;
    int r = draw_field(field, img, map, scratch, &pix);
    if (r < 0)
        return r;
    if (!pix) {
        *ret_text = (struct print_text){.text = ""};
        return 0;
    }
    TessBaseAPI *api = find_language(reader, field->print_language);
    r = api ? recognize(api, pix, field->area, arena, ret_text) : YJ_ENOMEM;
    pixDestroy(&pix);
    return r;
}
