#include "hanzi.h"

#include "diag.h"
#include "hanzi_pieces.h"
#include "hanzi_table.h"
#include "small_net.h"
#include "vision.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_HEIGHT 64    /* px of writing: more resolution is not looked at */
#define ROUGH_HEIGHT 96   /* px: of the crop in which the writing is looked for, */
#define ROUGH_WIDTH 1600  /* and its width */
#define SMALLEST 6        /* px: writing is higher or wider than this */
#define LONGEST 14.0      /* heights: a line of more is no name */
#define UNKNOWN_LOG -7.0f /* log-likelihood of a character that the table does not know */
#define NONE_LOG -6.0     /* of "none of these", against a name that is as likely as any reading */

struct hanzi_reader {
    struct small_net *net;
    struct hanzi_table *table;
    struct image rough, line, ink, scratch;
    uint8_t picture[HANZI_POINTS];
    float place[HANZI_DIM];
};

/* A name's characters as indices of the words; -1: not in the table. */
struct spelling {
    int word[HANZI_MAX_LENGTH];
    int n, known; /* n = 0: cannot be read */
};

struct reading {
    struct hanzi_words words;
    struct spelling *names;
    int n_names;
    struct hanzi_pieces pieces;
    float *log[HANZI_MAX_PIECES]; /* log[i][word] */
};

int hanzi_reader_create(struct hanzi_reader **ret_reader)
{
    struct hanzi_reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return YJ_ENOMEM;
    *ret_reader = reader;
    return 0;
}

void hanzi_reader_destroy(struct hanzi_reader *reader)
{
    if (!reader)
        return;
    small_net_destroy(reader->net);
    hanzi_table_destroy(reader->table);
    image_finish(&reader->rough);
    image_finish(&reader->line);
    image_finish(&reader->ink);
    image_finish(&reader->scratch);
    free(reader);
}

static int load(struct hanzi_reader *reader)
{
    static const int shape[3] = {1, HANZI_SIDE, HANZI_SIDE};
    int e = 0;
    if (!reader->table)
        e = hanzi_table_create(&reader->table);
    if (e == 0 && !reader->net)
        e = small_net_create(hanzi_net_bytes, hanzi_net_bytes_size, shape, &reader->net);
    return e == 0 && small_net_outputs(reader->net) != HANZI_DIM ? YJ_EDATA : e;
}

/* ---- the list ---- */

/* The next character of well-formed UTF-8; 0 at its end. Broken bytes count as themselves. */
static uint32_t next_character(const char **at)
{
    const unsigned char *p = (const unsigned char *)*at;
    int more = p[0] >= 0xF0 ? 3 : p[0] >= 0xE0 ? 2 : p[0] >= 0xC0 ? 1 : 0;
    uint32_t code = more ? p[0] & (0x3Fu >> more) : p[0];
    if (p[0] == 0)
        return 0;
    for (int i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            *at += 1;
            return p[0];
        }
        code = code << 6 | (p[i] & 0x3F);
    }
    *at += more + 1;
    return code;
}

static bool is_filler(uint32_t code)
{
    return code <= ' ' || code == 0xA0 || code == 0xB7 || code == 0x2022 || code == 0x2027 ||
           code == 0x22C5 || code == 0x3000 || code == 0x30FB;
}

static int spell(struct hanzi_words *words, const char *name, struct arena *arena,
                 struct spelling *ret)
{
    int e = 0;
    *ret = (struct spelling){.n = 0};
    for (uint32_t code; (code = next_character(&name)) != 0 && e == 0;) {
        if (is_filler(code))
            continue;
        if (ret->n == HANZI_MAX_LENGTH) {
            ret->n = 0;
            return 0;
        }
        ret->word[ret->n] = hanzi_words_add(words, code, arena, &e);
        ret->known += ret->word[ret->n++] >= 0;
    }
    if (ret->known == 0)
        ret->n = 0;
    return e;
}

static int take_list(struct hanzi_reader *reader, const char *const *names, int n_names,
                     struct arena *arena, struct reading *ret)
{
    int e = load(reader);
    *ret = (struct reading){.n_names = n_names};
    if (e == 0)
        e = hanzi_words_init(reader->table, arena, &ret->words);
    if (e < 0)
        return e;
    ret->names = arena_alloc(arena, ((size_t)n_names + 1) * sizeof(*ret->names));
    if (!ret->names)
        return YJ_ENOMEM;
    for (int i = 0; i < n_names && e == 0; i++)
        e = spell(&ret->words, names[i], arena, &ret->names[i]);
    return e;
}

/* ---- the line ---- */

/* ret = `from` no higher than `height` and no wider than `width`. */
static int reduce(const struct image *from, double height, double width, struct image *ret)
{
    double scale = fmin(1, fmin(height / from->height, width / from->width));
    int w = (int)lround(from->width * scale), h = (int)lround(from->height * scale);
    return vision_resize(from, w < 1 ? 1 : w, h < 1 ? 1 : h, ret);
}

/* ret_box: where the writing is in `line`, px; w = 0: nowhere. */
static int find_writing(struct hanzi_reader *reader, const struct image *line, struct arena *arena,
                        struct hanzi_box *ret_box)
{
    struct hanzi_box box;
    int e = reduce(line, ROUGH_HEIGHT, ROUGH_WIDTH, &reader->rough);
    if (e == 0)
        e = hanzi_take_ink(&reader->rough, &reader->ink);
    if (e == 0)
        e = hanzi_find_ink(&reader->ink, false, arena, &box);
    if (e < 0)
        return e;
    double scale_x = (double)line->width / reader->rough.width;
    double scale_y = (double)line->height / reader->rough.height;
    double margin = 2 + 0.15 * box.h; /* paper enough to know its grey by */
    struct hanzi_box grown = {
        (int)floor((box.x - margin) * scale_x), (int)floor((box.y - margin) * scale_y),
        (int)ceil((box.w + 2 * margin) * scale_x), (int)ceil((box.h + 2 * margin) * scale_y)};
    *ret_box = box.w > 0 ? hanzi_box_inside(grown, line) : box;
    return 0;
}

/* The writing of `grey` as ink, from edge to edge, of bounded size. w = 0 in *ret_box: none. */
static int take_writing(struct hanzi_reader *reader, const struct image *grey, struct arena *arena,
                        struct hanzi_box *ret_box)
{
    struct hanzi_box box;
    *ret_box = (struct hanzi_box){0, 0, 0, 0};
    if (grey->width < 1 || grey->height < 1)
        return 0;
    int e = find_writing(reader, grey, arena, &box);
    if (e < 0 || box.w == 0)
        return e;
    const struct image part = hanzi_view(grey, box);
    e = reduce(&part, LINE_HEIGHT * 1.3, LINE_HEIGHT * 1.3 * (LONGEST + 1), &reader->line);
    if (e == 0)
        e = hanzi_take_ink(&reader->line, &reader->ink);
    if (e == 0)
        e = hanzi_find_ink(&reader->ink, true, arena, ret_box);
    if (e == 0 && ret_box->w < SMALLEST && ret_box->h < SMALLEST)
        ret_box->w = 0;
    return e;
}

/* ---- pieces to likelihoods ---- */

/* *ret_log: of each word. */
static int score_picture(struct hanzi_reader *reader, const struct hanzi_words *words,
                         struct arena *arena, float **ret_log)
{
    float *log = arena_alloc(arena, (size_t)words->n * sizeof(*log));
    if (!log)
        return YJ_ENOMEM;
    small_net_run(reader->net, reader->picture, reader->place);
    hanzi_words_score(words, reader->place, log);
    *ret_log = log;
    return 0;
}

/* The piece's own ink, without the empty rows and columns around it. */
static int take_piece(struct hanzi_reader *reader, const struct image *ink, struct hanzi_box box,
                      struct arena *arena, uint8_t *ret_picture)
{
    struct image part = hanzi_view(ink, box);
    struct hanzi_box own;
    int e = hanzi_find_ink(&part, false, arena, &own);
    if (e < 0)
        return e;
    own = own.w > 0 ? own : (struct hanzi_box){0, 0, box.w, box.h};
    return hanzi_take_picture(&part, own, &reader->scratch, ret_picture);
}

static int score_pieces(struct hanzi_reader *reader, const struct image *ink, struct arena *arena,
                        struct reading *r)
{
    int e = 0;
    for (int i = 0; i < r->pieces.n && e == 0; i++) {
        e = take_piece(reader, ink, r->pieces.piece[i].box, arena, reader->picture);
        if (e == 0)
            e = score_picture(reader, &r->words, arena, &r->log[i]);
    }
    return e;
}

/* ---- names ---- */

/* Log-likelihood of a name on its best way through the pieces, which are ordered by their ends. */
static double score_name(const struct reading *r, const struct spelling *name)
{
    float best[HANZI_MAX_LENGTH + 1][HANZI_MAX_CUTS];
    for (int k = 0; k <= name->n; k++)
        for (int i = 0; i < r->pieces.n_cuts; i++)
            best[k][i] = k == 0 && i == 0 ? 0 : -INFINITY;
    for (int i = 0; i < r->pieces.n; i++) {
        const struct hanzi_piece *p = &r->pieces.piece[i];
        for (int k = 0; k < name->n; k++) {
            int word = name->word[k];
            float log = word >= 0 ? r->log[i][word] : UNKNOWN_LOG;
            float way = best[k][p->from] + log - p->cost;
            best[k + 1][p->to] = fmaxf(best[k + 1][p->to], way);
        }
    }
    return best[name->n][r->pieces.n_cuts - 1] + r->pieces.cheapest;
}

static const struct hanzi_choice nobody = {
    .best = -1, .second = -1, .posterior = 0, .runner = 0, .none = 1};

static int choose(const struct reading *r, struct arena *arena, struct hanzi_choice *ret)
{
    double *score = arena_alloc(arena, ((size_t)r->n_names + 1) * sizeof(*score));
    double most = NONE_LOG, sum = 0;
    struct hanzi_choice c = nobody;
    if (!score)
        return YJ_ENOMEM;
    for (int i = 0; i < r->n_names; i++) {
        score[i] = r->names[i].n > 0 && r->pieces.n > 0 ? score_name(r, &r->names[i]) : -INFINITY;
        most = fmax(most, score[i]);
        if (score[i] > (c.best < 0 ? -INFINITY : score[c.best])) {
            c.second = c.best;
            c.best = i;
        } else if (score[i] > (c.second < 0 ? -INFINITY : score[c.second])) {
            c.second = i;
        }
    }
    for (int i = 0; i < r->n_names; i++)
        sum += exp(score[i] - most);
    sum += exp(NONE_LOG - most);
    c.posterior = c.best < 0 ? 0 : exp(score[c.best] - most) / sum;
    c.runner = c.second < 0 ? 0 : exp(score[c.second] - most) / sum;
    c.none = exp(NONE_LOG - most) / sum;
    *ret = c;
    return 0;
}

int hanzi_read_names(struct hanzi_reader *reader, const struct image *line,
                     const char *const *names, int n_names, struct arena *arena,
                     struct hanzi_choice *ret_choice)
{
    struct reading r;
    struct hanzi_box box;
    int e = take_writing(reader, line, arena, &box);
    if (e == 0 && (box.w == 0 || box.w > LONGEST * fmax(box.h, SMALLEST))) {
        *ret_choice = nobody;
        return 0;
    }
    if (e == 0)
        e = take_list(reader, names, n_names, arena, &r);
    if (e < 0)
        return e;
    bool counts[HANZI_MAX_LENGTH + 1] = {false};
    for (int i = 0; i < n_names; i++)
        counts[r.names[i].n] = r.names[i].n > 0;
    const struct image ink = hanzi_view(&reader->ink, box);
    hanzi_cut(&ink, counts, &r.pieces);
    e = score_pieces(reader, &ink, arena, &r);
    return e < 0 ? e : choose(&r, arena, ret_choice);
}

int hanzi_read_pieces(struct hanzi_reader *reader, const struct image *img,
                      const struct hanzi_box *boxes, int n_boxes, const char *const *names,
                      int n_names, struct arena *arena, struct hanzi_choice *ret_choice)
{
    struct reading r;
    int n = 0, e = take_list(reader, names, n_names, arena, &r);
    for (int i = 0; i < n_boxes && e == 0; i++) {
        struct hanzi_box own = hanzi_box_inside(boxes[i], img);
        if (own.w == 0)
            continue;
        const struct image part = hanzi_view(img, own);
        e = take_writing(reader, &part, arena, &own);
        if (e < 0 || own.w == 0)
            continue;
        if (n == HANZI_MAX_LENGTH) {
            *ret_choice = nobody;
            return 0;
        }
        r.pieces.piece[n] = (struct hanzi_piece){.from = n, .to = n + 1};
        e = hanzi_take_picture(&reader->ink, own, &reader->scratch, reader->picture);
        if (e == 0)
            e = score_picture(reader, &r.words, arena, &r.log[n++]);
    }
    r.pieces.n = n;
    r.pieces.n_cuts = n + 1;
    return e < 0 ? e : choose(&r, arena, ret_choice);
}
