/* PDF documents by qpdf's C API. The document is opened once; what a page shows is found out when
 * the page is decoded, so that a PDF of a thousand pages costs no more memory than its bytes.
 *
 * A qpdf handle is one thread's: a mutex of the document guards it while a page's objects are
 * looked up and its stream is copied out, still filtered. All decoding happens outside of it. */
#include "ingest_internal.h"

#include <math.h>
#include <pthread.h>
#include <qpdf/qpdf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pdf_document {
    pthread_mutex_t lock; /* guards qpdf */
    qpdf_data qpdf;
    const struct scan_file *file;
    int n_pages;
};

/* Content streams of scanned pages are a line; one that is longer than this, deflated, draws. */
static const long long CONTENT_MAX = 64 << 10; /* bytes */
enum { FORM_POINTS_A3 = 1191, RENDER_DPI = PDF_DRAW_DPI };

/* ---- opening ---- */

static int refuse_error(qpdf_data qpdf, char *reason)
{
    qpdf_error error = qpdf_get_error(qpdf);
    if (error && qpdf_get_error_code(qpdf, error) == qpdf_e_password)
        return scan_refuse(reason, _("the PDF needs a password; save it without one"));
    const char *detail = error ? qpdf_get_error_message_detail(qpdf, error) : "?";
    return scan_refuse(reason, _("the PDF is damaged or incomplete: %s"), detail);
}

static QPDF_ERROR_CODE read_document(qpdf_data qpdf, const struct scan_file *file)
{
    char path[64];
    if (file->data)
        return qpdf_read_memory(qpdf, "scan", (const char *)file->data, file->size, NULL);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file->fd);
    return qpdf_read(qpdf, path, NULL);
}

/* qpdf mends a PDF whose table of objects is wrong, and finds what is there; where the file's end
 * is missing, pages may be too. */
static bool ends_well(const struct scan_file *file)
{
    enum { TAIL = 2048 };
    uint8_t tail[TAIL];
    uint64_t from = file->size > TAIL ? file->size - TAIL : 0;
    size_t n = scan_file_read(file, from, tail, TAIL);
    return memmem(tail, n, "%%EOF", 5) || memmem(tail, n, "startxref", 9);
}

static int count_pages(struct pdf_document *pdf, char *reason)
{
    qpdf_data q = pdf->qpdf;
    if (qpdf_more_warnings(q) && !ends_well(pdf->file))
        return scan_refuse(reason, _("the PDF is incomplete: its end is missing"));
    pdf->n_pages = qpdf_get_num_pages(q);
    if (pdf->n_pages < 0 || qpdf_has_error(q))
        return refuse_error(q, reason);
    if (pdf->n_pages == 0)
        return scan_refuse(reason, _("the PDF has no page"));
    if (pdf->n_pages > SCAN_MAX_PAGES)
        return scan_refuse(reason, _("the PDF has %d pages, more than %d"), pdf->n_pages,
                           SCAN_MAX_PAGES);
    qpdf_oh tree = qpdf_oh_get_key(q, qpdf_get_root(q), "/Pages");
    int stated = qpdf_oh_get_int_value_as_int(q, qpdf_oh_get_key(q, tree, "/Count"));
    if (stated > pdf->n_pages)
        return scan_refuse(reason, _("the PDF states %d pages, but only %d can be found"), stated,
                           pdf->n_pages);
    qpdf_push_inherited_attributes_to_page(q); /* where it fails, pages are drawn */
    qpdf_oh_release_all(q);
    return 0;
}

int pdf_document_open(const struct scan_file *file, struct pdf_document **ret_pdf, char *reason)
{
    int r = pdf_packing_check(file, reason);
    if (r < 0)
        return r;
    struct pdf_document *pdf = calloc(1, sizeof *pdf);
    if (!pdf)
        return YJ_ENOMEM;
    pthread_mutex_init(&pdf->lock, NULL);
    pdf->file = file;
    pdf->qpdf = qpdf_init();
    qpdf_silence_errors(pdf->qpdf);
    qpdf_set_suppress_warnings(pdf->qpdf, QPDF_TRUE);
    r = read_document(pdf->qpdf, file) & QPDF_ERRORS ? refuse_error(pdf->qpdf, reason)
                                                     : count_pages(pdf, reason);
    if (r < 0) {
        pdf_document_close(pdf);
        return r;
    }
    *ret_pdf = pdf;
    return 0;
}

void pdf_document_close(struct pdf_document *pdf)
{
    if (!pdf)
        return;
    qpdf_cleanup(&pdf->qpdf);
    pthread_mutex_destroy(&pdf->lock);
    free(pdf);
}

int pdf_document_page_count(const struct pdf_document *pdf)
{
    return pdf->n_pages;
}

/* ---- looking a page up; every function below holds the lock ---- */

static qpdf_oh key(qpdf_data q, qpdf_oh dict, const char *name)
{
    return qpdf_oh_get_key_if_dict(q, dict, name);
}

static bool has(qpdf_data q, qpdf_oh dict, const char *name)
{
    return qpdf_oh_is_dictionary(q, dict) && qpdf_oh_has_key(q, dict, name);
}

static double number_or(qpdf_data q, qpdf_oh value, double otherwise)
{
    double number;
    return qpdf_oh_get_value_as_number(q, value, &number) ? number : otherwise;
}

static int int_or(qpdf_data q, qpdf_oh value, int otherwise)
{
    int number;
    return qpdf_oh_get_value_as_int(q, value, &number) ? number : otherwise;
}

static bool name_is(qpdf_data q, qpdf_oh value, const char *name)
{
    return qpdf_oh_is_name_and_equals(q, value, name);
}

/* As a number that any digits fit. */
static double stream_length(qpdf_data q, qpdf_oh stream)
{
    return qpdf_oh_is_stream(q, stream)
               ? fmax(0, number_or(q, key(q, qpdf_oh_get_dict(q, stream), "/Length"), 0))
               : 0;
}

/* Whether qpdf may decode it in memory: one filter makes at most a thousand bytes of each, two a
 * million, and a predictor asks for rows as long as it likes. */
static bool is_simply_filtered(qpdf_data q, qpdf_oh stream)
{
    if (!qpdf_oh_is_stream(q, stream))
        return true;
    qpdf_oh dict = qpdf_oh_get_dict(q, stream), filters = key(q, dict, "/Filter");
    return !has(q, dict, "/DecodeParms") && !has(q, dict, "/F") &&
           (!qpdf_oh_is_array(q, filters) || qpdf_oh_get_array_n_items(q, filters) < 2);
}

static bool has_short_content(qpdf_data q, qpdf_oh page)
{
    qpdf_oh contents = key(q, page, "/Contents");
    if (!qpdf_oh_is_array(q, contents))
        return stream_length(q, contents) <= CONTENT_MAX && is_simply_filtered(q, contents);
    double length = 0;
    int n = qpdf_oh_get_array_n_items(q, contents);
    for (int i = 0; i < n && length <= CONTENT_MAX; i++) {
        qpdf_oh piece = qpdf_oh_get_array_item(q, contents, i);
        if (!is_simply_filtered(q, piece))
            return false;
        length += stream_length(q, piece);
    }
    return length <= CONTENT_MAX;
}

/* 1: read; 0: too long to be a scan's; YJ_EDATA: damaged. A viewer would show what comes before the
 * damage, perhaps a blank page. */
static int read_content(qpdf_data q, qpdf_oh page, struct pdf_content *ret, char *reason)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    if (!has_short_content(q, page))
        return 0;
    /* A length that is wrong was warned of by now: then it bounds nothing. */
    bool good = !qpdf_more_warnings(q) &&
                !(qpdf_oh_get_page_content_data(q, page, &bytes, &n) & QPDF_ERRORS);
    if (good && !qpdf_more_warnings(q))
        pdf_content_read(bytes, n, ret);
    else
        good = false;
    free(bytes);
    return good ? 1 : scan_refuse(reason, _("the content of the PDF's page is damaged"));
}

/* A stamp or a stroke of a pen on a tablet is an annotation: it belongs to what the page shows. */
static bool has_drawn_annotations(qpdf_data q, qpdf_oh page)
{
    qpdf_oh annotations = key(q, page, "/Annots");
    int n = qpdf_oh_is_array(q, annotations) ? qpdf_oh_get_array_n_items(q, annotations) : 0;
    for (int i = 0; i < n; i++) {
        qpdf_oh kind = key(q, qpdf_oh_get_array_item(q, annotations, i), "/Subtype");
        if (!name_is(q, kind, "/Link") && !name_is(q, kind, "/Popup"))
            return true;
    }
    return false;
}

static bool is_plain_state(qpdf_data q, qpdf_oh state)
{
    qpdf_oh blend = key(q, state, "/BM"), mask = key(q, state, "/SMask");
    bool normal = qpdf_oh_is_null(q, blend) || name_is(q, blend, "/Normal") ||
                  name_is(q, blend, "/Compatible");
    bool unmasked = qpdf_oh_is_null(q, mask) || name_is(q, mask, "/None");
    return normal && unmasked && number_or(q, key(q, state, "/ca"), 1) == 1;
}

static bool has_plain_states(qpdf_data q, qpdf_oh resources, const struct pdf_content *content)
{
    qpdf_oh states = key(q, resources, "/ExtGState");
    for (int i = 0; i < content->n_states; i++)
        if (!is_plain_state(q, key(q, states, content->states[i])))
            return false;
    return true;
}

/* ---- one picture's dictionary ---- */

static bool read_flate_parameters(qpdf_data q, qpdf_oh parameters, struct pdf_filter_step *step)
{
    step->filter = PDF_FLATE;
    step->predictor = int_or(q, key(q, parameters, "/Predictor"), 1);
    step->colors = int_or(q, key(q, parameters, "/Colors"), 1);
    step->bits = int_or(q, key(q, parameters, "/BitsPerComponent"), 8);
    step->columns = int_or(q, key(q, parameters, "/Columns"), 1);
    return true;
}

static bool read_ccitt_parameters(qpdf_data q, qpdf_oh parameters, struct pdf_filter_step *step)
{
    QPDF_BOOL black = QPDF_FALSE, align = QPDF_FALSE;
    qpdf_oh_get_value_as_bool(q, key(q, parameters, "/BlackIs1"), &black);
    qpdf_oh_get_value_as_bool(q, key(q, parameters, "/EncodedByteAlign"), &align);
    step->filter = PDF_CCITT;
    step->k = int_or(q, key(q, parameters, "/K"), 0);
    step->columns = int_or(q, key(q, parameters, "/Columns"), 1728);
    step->rows = int_or(q, key(q, parameters, "/Rows"), 0);
    step->black_is_1 = black;
    step->byte_align = align;
    return true;
}

static bool read_filter(qpdf_data q, qpdf_oh name, qpdf_oh parameters, struct pdf_filter_step *step)
{
    if (name_is(q, name, "/FlateDecode"))
        return read_flate_parameters(q, parameters, step);
    if (name_is(q, name, "/CCITTFaxDecode"))
        return read_ccitt_parameters(q, parameters, step);
    step->filter = PDF_DCT;
    /* 0: three channels that are no luma and chroma although nothing in the JPEG says so */
    return name_is(q, name, "/DCTDecode") && !has(q, parameters, "/ColorTransform");
}

static bool read_filters(qpdf_data q, qpdf_oh dict, struct pdf_picture *picture)
{
    qpdf_oh filters = key(q, dict, "/Filter"), parameters = key(q, dict, "/DecodeParms");
    if (qpdf_oh_is_null(q, filters))
        return true;
    bool several = qpdf_oh_is_array(q, filters);
    int n = several ? qpdf_oh_get_array_n_items(q, filters) : 1;
    if (n > PDF_FILTERS_MAX)
        return false;
    for (int i = 0; i < n; i++) {
        qpdf_oh name = several ? qpdf_oh_get_array_item(q, filters, i) : filters;
        qpdf_oh its =
            qpdf_oh_is_array(q, parameters) && i < qpdf_oh_get_array_n_items(q, parameters)
                ? qpdf_oh_get_array_item(q, parameters, i)
                : parameters;
        if (!read_filter(q, name, its, &picture->steps[i]))
            return false;
        /* a picture's own coding comes last */
        if (i < n - 1 && picture->steps[i].filter != PDF_FLATE)
            return false;
    }
    picture->n_steps = n;
    return true;
}

/* Channels of a colour space whose values are grey or red, green, blue; 0: another kind. */
static int count_components(qpdf_data q, qpdf_oh space)
{
    if (name_is(q, space, "/DeviceGray"))
        return 1;
    if (name_is(q, space, "/DeviceRGB"))
        return 3;
    if (!qpdf_oh_is_array(q, space) || qpdf_oh_get_array_n_items(q, space) < 2)
        return 0;
    qpdf_oh kind = qpdf_oh_get_array_item(q, space, 0);
    if (name_is(q, kind, "/CalGray"))
        return 1;
    if (name_is(q, kind, "/CalRGB"))
        return 3;
    qpdf_oh profile = qpdf_oh_get_array_item(q, space, 1);
    if (!name_is(q, kind, "/ICCBased") || !qpdf_oh_is_stream(q, profile))
        return 0;
    int n = int_or(q, key(q, qpdf_oh_get_dict(q, profile), "/N"), 0);
    return n == 1 || n == 3 ? n : 0;
}

/* The greys of a palette's entries; `table` holds `components` bytes an entry. */
static void fill_palette(const uint8_t *table, size_t n, int components,
                         struct pdf_picture *picture)
{
    for (size_t i = 0; i < 256 && (i + 1) * (size_t)components <= n; i++) {
        const uint8_t *entry = table + i * (size_t)components;
        bool grey = components == 1;
        picture->greys[i] = grey ? entry[0] : grey_of_rgb(entry[0], entry[1], entry[2]);
        picture->colours[i] =
            grey ? (struct colour){0, 0} : colour_of_rgb(entry[0], entry[1], entry[2]);
    }
    picture->coloured = components == 3;
}

/* [/Indexed base highest table] */
static bool read_palette(qpdf_data q, qpdf_oh space, struct pdf_picture *picture)
{
    if (!qpdf_oh_is_array(q, space) || qpdf_oh_get_array_n_items(q, space) != 4 ||
        !name_is(q, qpdf_oh_get_array_item(q, space, 0), "/Indexed"))
        return false;
    int components = count_components(q, qpdf_oh_get_array_item(q, space, 1));
    qpdf_oh table = qpdf_oh_get_array_item(q, space, 3);
    if (components == 0)
        return false;
    size_t n = 0;
    if (qpdf_oh_is_string(q, table)) {
        const char *bytes = qpdf_oh_get_binary_string_value(q, table, &n);
        fill_palette((const uint8_t *)bytes, n, components, picture);
        return true;
    }
    unsigned char *bytes = NULL;
    QPDF_BOOL filtered = QPDF_FALSE;
    if (!qpdf_oh_is_stream(q, table) || stream_length(q, table) > CONTENT_MAX ||
        !is_simply_filtered(q, table) || qpdf_more_warnings(q) ||
        (qpdf_oh_get_stream_data(q, table, qpdf_dl_generalized, &filtered, &bytes, &n) &
         QPDF_ERRORS))
        return false;
    fill_palette(bytes, n, components, picture);
    free(bytes);
    return filtered;
}

/* Decode [1 0]; true in *ret_inverted. False: a mapping that is not read here. */
static bool read_decode(qpdf_data q, qpdf_oh dict, int components, bool palette, bool *ret_inverted)
{
    qpdf_oh decode = key(q, dict, "/Decode");
    *ret_inverted = false;
    if (qpdf_oh_is_null(q, decode))
        return true;
    if (palette || qpdf_oh_get_array_n_items(q, decode) != 2 * components)
        return false;
    double first = number_or(q, qpdf_oh_get_array_item(q, decode, 0), -1);
    for (int i = 0; i < 2 * components; i++)
        if (number_or(q, qpdf_oh_get_array_item(q, decode, i), -1) !=
            (i % 2 == 0 ? first : 1 - first))
            return false;
    *ret_inverted = first == 1;
    return (first == 0 || first == 1) && (components == 1 || first == 0);
}

static bool read_colours(qpdf_data q, qpdf_oh dict, bool black, struct pdf_picture *picture)
{
    QPDF_BOOL mask = QPDF_FALSE;
    bool inverted, palette = false;
    qpdf_oh space = key(q, dict, "/ColorSpace");
    qpdf_oh_get_value_as_bool(q, key(q, dict, "/ImageMask"), &mask);
    picture->bits = mask ? 1 : int_or(q, key(q, dict, "/BitsPerComponent"), 8);
    picture->components = mask ? 1 : count_components(q, space);
    if (picture->components == 0) {
        palette = read_palette(q, space, picture);
        picture->components = palette ? 1 : 0;
    }
    if (picture->components == 0 || (mask && !black))
        return false; /* a stencil paints 0 with the fill colour */
    if (!read_decode(q, dict, picture->components, palette, &inverted))
        return false;
    const int bits = picture->bits;
    if (bits != 1 && bits != 2 && bits != 4 && bits != 8 && !(bits == 16 && !palette && !inverted))
        return false;
    for (int i = 0, max = (1 << (bits > 8 ? 8 : bits)) - 1; !palette && i <= max; i++)
        picture->greys[i] = (uint8_t)((inverted ? max - i : i) * 255 / max);
    return true;
}

/* ---- where the picture stands on the page ---- */

static int turned(qpdf_data q, qpdf_oh page)
{
    int degrees = int_or(q, key(q, page, "/Rotate"), 0) % 360;
    return degrees < 0 ? degrees + 360 : degrees;
}

/* Towards which side of the shown page a vector points: 0 right, 1 down, 2 left, 3 up; -1: askew
 * by more than what a scanner driver corrects. */
static int direction(double x, double y)
{
    static const double ASKEW_MAX = 0.1; /* tangent: 6 degrees */
    double along = fmax(fabs(x), fabs(y)), across = fmin(fabs(x), fabs(y));
    if (!(along > 0) || across > ASKEW_MAX * along)
        return -1;
    return fabs(x) > fabs(y) ? (x > 0 ? 0 : 2) : (y > 0 ? 1 : 3);
}

/* The way the picture's rows run and its columns run tell its orientation as EXIF numbers it. */
static bool place(qpdf_data q, qpdf_oh page, const double m[6], struct pdf_picture *picture)
{
    static const int orientation_of[4][4] = {
        /* rows to the right, columns: right, down, left, up */ {0, 1, 0, 4},
        /* rows downwards */ {5, 0, 6, 0},
        /* rows to the left */ {0, 2, 0, 3},
        /* rows upwards */ {8, 0, 7, 0},
    };
    const int quarters = turned(q, page) / 90; /* clockwise */
    /* y of a PDF page points up, of what is seen down */
    int right = direction(m[0], -m[1]), down = direction(-m[2], m[3]);
    if (right < 0 || down < 0)
        return false;
    int orientation = orientation_of[(right + quarters) % 4][(down + quarters) % 4];
    double unit = number_or(q, key(q, page, "/UserUnit"), 1) / 72;
    picture->placement = (struct placement){
        .orientation = orientation,
        .dpi_x = picture->width / (hypot(m[0], m[1]) * unit),
        .dpi_y = picture->height / (hypot(m[2], m[3]) * unit),
    };
    return orientation != 0;
}

/* ---- a page ---- */

static bool is_plain_picture(qpdf_data q, qpdf_oh stream)
{
    qpdf_oh dict = qpdf_oh_get_dict(q, stream);
    return name_is(q, key(q, dict, "/Subtype"), "/Image") && !has(q, dict, "/SMask") &&
           !has(q, dict, "/Mask") && !has(q, dict, "/OC") && !has(q, dict, "/F");
}

/* 1: *ret is the page's only picture; 0: the page must be drawn; YJ_EDATA. */
static int find_picture(qpdf_data q, qpdf_oh page, struct pdf_picture *ret, char *reason)
{
    struct pdf_content content;
    qpdf_oh resources = key(q, page, "/Resources");
    int r = read_content(q, page, &content, reason);
    if (r <= 0)
        return r;
    if (content.other || content.pictures != 1 || has_drawn_annotations(q, page) ||
        !has_plain_states(q, resources, &content))
        return 0;
    qpdf_oh stream = key(q, key(q, resources, "/XObject"), content.name);
    if (!qpdf_oh_is_stream(q, stream)) /* a viewer would show a blank page */
        return scan_refuse(reason, _("the page shows a picture that is missing from the PDF"));
    if (!is_plain_picture(q, stream))
        return 0;
    qpdf_oh dict = qpdf_oh_get_dict(q, stream);
    ret->width = int_or(q, key(q, dict, "/Width"), 0);
    ret->height = int_or(q, key(q, dict, "/Height"), 0);
    if (ret->width <= 0 || ret->height <= 0)
        return scan_refuse(reason, _("the picture of the PDF's page has no size"));
    if (!read_filters(q, dict, ret) || !read_colours(q, dict, content.black, ret) ||
        !place(q, page, content.matrix, ret))
        return 0;
    if (qpdf_oh_get_stream_data(q, stream, qpdf_dl_none, NULL, &ret->bytes, &ret->size) &
        QPDF_ERRORS)
        return refuse_error(q, reason);
    return 1;
}

/* 300 dpi, or less for a page beyond A3: some programs write pages as large as their pixels. */
static double choose_dpi(qpdf_data q, qpdf_oh page)
{
    qpdf_oh box = key(q, page, has(q, page, "/CropBox") ? "/CropBox" : "/MediaBox");
    double unit = number_or(q, key(q, page, "/UserUnit"), 1), side = 0;
    for (int i = 0; i < 2 && qpdf_oh_is_array(q, box); i++)
        side = fmax(side, fabs(number_or(q, qpdf_oh_get_array_item(q, box, i + 2), 0) -
                               number_or(q, qpdf_oh_get_array_item(q, box, i), 0)));
    side *= unit;
    return side > FORM_POINTS_A3 ? RENDER_DPI * FORM_POINTS_A3 / side : RENDER_DPI;
}

/* So that each page finds only its own: what was odd of the document is told by now. */
static void forget_messages(qpdf_data q)
{
    while (qpdf_has_error(q))
        qpdf_get_error(q);
    while (qpdf_more_warnings(q))
        qpdf_next_warning(q);
}

/* As find_picture, and how to draw it if need be. */
static int look_up_page(struct pdf_document *pdf, int number, struct pdf_picture *ret,
                        double *ret_dpi, char *reason)
{
    qpdf_data q = pdf->qpdf;
    pthread_mutex_lock(&pdf->lock);
    forget_messages(q);
    qpdf_oh page = qpdf_get_page_n(q, (size_t)number - 1);
    int r = find_picture(q, page, ret, reason);
    *ret_dpi = choose_dpi(q, page);
    forget_messages(q);
    qpdf_oh_release_all(q);
    pthread_mutex_unlock(&pdf->lock);
    return r;
}

int pdf_decode_page(struct pdf_document *pdf, int number, struct decoder *decoder,
                    struct image *out, struct placement *ret_placement, char *reason)
{
    struct pdf_picture picture = {0};
    double dpi;
    int r = look_up_page(pdf, number, &picture, &dpi, reason);
    if (r == 1)
        r = pdf_picture_decode(&picture, decoder, out, reason);
    if (r == 1)
        *ret_placement = picture.placement;
    free(picture.bytes);
    if (r != 0)
        return r < 0 ? r : 0;
    decoder_drop_halves(decoder);
    if (decoder->defers_drawing) {
        decoder->draw_dpi = dpi;
        return DECODER_MUST_DRAW;
    }
    r = pdf_render_page(pdf->file, number, dpi, decoder, out, reason);
    if (r == 0)
        *ret_placement = (struct placement){.orientation = 1, .dpi_x = dpi, .dpi_y = dpi};
    return r;
}
