#include "glyph_face.h"

#include <stdbool.h>
#include <stdlib.h>

#define EM 1000.0 /* units in which the real font's outlines are asked for */

struct glyph_faces {
    bool lacks_font;   /* for some run */
    GHashTable *faces; /* description of a font without its size -> cairo_font_face_t */
    GArray *glyphs;    /* of a run: cairo_glyph_t */
    GArray *clusters;  /* cairo_text_cluster_t */
    int bytes_before;  /* of letters without a glyph, such as joiners: the next glyph's text */
};

static const cairo_user_data_key_t real_font;

struct glyph_faces *glyph_faces_create(void)
{
    struct glyph_faces *faces = calloc(1, sizeof(*faces));
    if (!faces)
        return NULL;
    faces->faces = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify)cairo_font_face_destroy);
    faces->glyphs = g_array_new(FALSE, FALSE, sizeof(cairo_glyph_t));
    faces->clusters = g_array_new(FALSE, FALSE, sizeof(cairo_text_cluster_t));
    return faces;
}

void glyph_faces_destroy(struct glyph_faces *faces)
{
    if (!faces)
        return;
    g_hash_table_destroy(faces->faces);
    g_array_free(faces->glyphs, TRUE);
    g_array_free(faces->clusters, TRUE);
    free(faces);
}

/* ---- a face ---- */

/* Called by cairo once a glyph; one unit is the em. */
static cairo_status_t draw_glyph(cairo_scaled_font_t *scaled, unsigned long glyph, cairo_t *cr,
                                 cairo_text_extents_t *extents)
{
    cairo_scaled_font_t *real =
        cairo_font_face_get_user_data(cairo_scaled_font_get_font_face(scaled), &real_font);
    cairo_glyph_t one = {glyph, 0, 0};
    cairo_text_extents_t measured;
    cairo_scaled_font_glyph_extents(real, &one, 1, &measured);
    extents->x_advance = measured.x_advance / EM;
    cairo_scale(cr, 1 / EM, 1 / EM);
    cairo_set_scaled_font(cr, real);
    cairo_set_font_size(cr, EM);
    cairo_glyph_path(cr, &one, 1);
    cairo_fill(cr);
    return CAIRO_STATUS_SUCCESS;
}

static cairo_font_face_t *create_face(PangoFont *font)
{
    cairo_font_face_t *face = cairo_user_font_face_create();
    cairo_scaled_font_t *small = pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(font));
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_matrix_t em, same;
    cairo_matrix_init_scale(&em, EM, EM);
    cairo_matrix_init_identity(&same);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_scaled_font_t *real =
        cairo_scaled_font_create(cairo_scaled_font_get_font_face(small), &em, &same, options);
    cairo_font_options_destroy(options);
    cairo_user_font_face_set_render_glyph_func(face, draw_glyph);
    cairo_font_face_set_user_data(face, &real_font, real,
                                  (cairo_destroy_func_t)cairo_scaled_font_destroy);
    return face;
}

static cairo_font_face_t *find_face(struct glyph_faces *faces, PangoFont *font)
{
    PangoFontDescription *described = pango_font_describe(font);
    pango_font_description_unset_fields(described, PANGO_FONT_MASK_SIZE);
    char *name = pango_font_description_to_string(described);
    cairo_font_face_t *face = g_hash_table_lookup(faces->faces, name);
    pango_font_description_free(described);
    if (face) {
        g_free(name);
        return face;
    }
    face = create_face(font);
    g_hash_table_insert(faces->faces, name, face);
    return face;
}

/* ---- a run of one font ---- */

static double units(int pango)
{
    return (double)pango / PANGO_SCALE;
}

/* A character that no font has is an empty box of the same width. */
static void draw_missing(cairo_t *cr, double x, double y, double width, double size)
{
    cairo_rectangle(cr, x + width * 0.1, y - size * 0.75, width * 0.8, size * 0.8);
    cairo_set_line_width(cr, size * 0.05);
    cairo_stroke(cr);
}

/* Gathers a cluster's glyphs; returns how far it advances. */
static double add_cluster(struct glyph_faces *faces, cairo_t *cr, const PangoGlyphItemIter *at,
                          double size, double x, double y)
{
    cairo_text_cluster_t cluster = {at->end_index - at->start_index, 0};
    double advance = 0;
    for (int i = at->start_glyph; i < at->end_glyph; i++) {
        const PangoGlyphInfo *info = &at->glyph_item->glyphs->glyphs[i];
        cairo_glyph_t glyph = {info->glyph, x + advance + units(info->geometry.x_offset),
                               y + units(info->geometry.y_offset)};
        if (info->glyph & PANGO_GLYPH_UNKNOWN_FLAG) {
            draw_missing(cr, x + advance, y, units(info->geometry.width), size);
        } else if (info->glyph != PANGO_GLYPH_EMPTY) {
            g_array_append_val(faces->glyphs, glyph);
            cluster.num_glyphs++;
        }
        advance += units(info->geometry.width);
    }
    cluster.num_bytes += faces->bytes_before;
    faces->bytes_before = cluster.num_glyphs > 0 ? 0 : cluster.num_bytes;
    if (cluster.num_glyphs > 0)
        g_array_append_val(faces->clusters, cluster);
    return advance;
}

/* What is left over at a run's end belongs to its last glyph. Cairo refuses, for good, clusters
 * that do not cover a text exactly: those of an ellipsis may not. */
static bool clusters_cover(struct glyph_faces *faces, int length)
{
    cairo_text_cluster_t *clusters = (cairo_text_cluster_t *)faces->clusters->data;
    int n = (int)faces->clusters->len, bytes = 0;
    if (n == 0)
        return false;
    clusters[n - 1].num_bytes += faces->bytes_before;
    for (int i = 0; i < n; i++)
        bytes += clusters[i].num_bytes;
    return bytes == length;
}

static void show_run(struct glyph_faces *faces, cairo_t *cr, PangoLayoutRun *run, const char *text,
                     double size, double x, double y)
{
    PangoGlyphItemIter at;
    if (!run->item->analysis.font) {
        faces->lacks_font = true;
        return;
    }
    g_array_set_size(faces->glyphs, 0);
    g_array_set_size(faces->clusters, 0);
    faces->bytes_before = 0;
    for (gboolean more = pango_glyph_item_iter_init_start(&at, run, text); more;
         more = pango_glyph_item_iter_next_cluster(&at))
        x += add_cluster(faces, cr, &at, size, x, y);
    cairo_set_font_face(cr, find_face(faces, run->item->analysis.font));
    cairo_set_font_size(cr, size);
    /* Runs from right to left are drawn, but are no text. */
    if (run->item->analysis.level % 2 == 0 && clusters_cover(faces, run->item->length))
        cairo_show_text_glyphs(cr, text + run->item->offset, run->item->length,
                               (cairo_glyph_t *)faces->glyphs->data, (int)faces->glyphs->len,
                               (cairo_text_cluster_t *)faces->clusters->data,
                               (int)faces->clusters->len, 0);
    else
        cairo_show_glyphs(cr, (cairo_glyph_t *)faces->glyphs->data, (int)faces->glyphs->len);
}

bool glyph_faces_lack_font(const struct glyph_faces *faces)
{
    return faces->lacks_font;
}

void glyph_faces_show(struct glyph_faces *faces, cairo_t *cr, PangoLayout *layout, double size,
                      double x, double y)
{
    PangoLayoutIter *iter = pango_layout_get_iter(layout);
    const char *text = pango_layout_get_text(layout);
    do {
        PangoLayoutRun *run = pango_layout_iter_get_run_readonly(iter);
        PangoRectangle place;
        if (!run)
            continue;
        pango_layout_iter_get_run_extents(iter, NULL, &place);
        show_run(faces, cr, run, text, size, x + units(place.x),
                 y + units(pango_layout_iter_get_baseline(iter)));
    } while (pango_layout_iter_next_run(iter));
    pango_layout_iter_free(iter);
}
