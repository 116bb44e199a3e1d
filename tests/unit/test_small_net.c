/* test_small_net.c - nets run by ourselves, held against OpenCV's, on the models that we ship. */
#include "diag.h"
#include "onnx_chain.h"
#include "small_net.h"
#include "vision.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PICTURES 24
#define OUTPUTS_MAX 256
#define POINTS_MAX (2 * 40 * 40)

struct model {
    unsigned char *bytes;
    size_t size;
};

static struct model load_model(const char *path)
{
    char name[4096];
    snprintf(name, sizeof name, "%s/%s", getenv("YUEJUAN_SOURCE"), path);
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    struct model m = {.size = (size_t)ftell(file)};
    rewind(file);
    m.bytes = malloc(m.size);
    assert_non_null(m.bytes);
    assert_int_equal(fread(m.bytes, 1, m.size, file), m.size);
    fclose(file);
    return m;
}

/* Strokes on paper, and now and then all points anything. */
static void draw_picture(int number, int side, int points, uint8_t *picture)
{
    for (int i = 0; i < points; i++) {
        int x = i % side, y = i / side % side;
        bool ink = abs(x - y + number % 9 - 4) < 3 || abs(x - number) < 2;
        picture[i] = number % 5 == 4 ? (uint8_t)rand() : ink ? (uint8_t)(255 - rand() % 60) : 0;
    }
}

static void compare(const char *path, int channels, int side, int outputs)
{
    const int shape[3] = {channels, side, side}, batch[4] = {1, channels, side, side};
    int points = channels * side * side;
    uint8_t picture[POINTS_MAX];
    float in[POINTS_MAX], ours[OUTPUTS_MAX], theirs[OUTPUTS_MAX];
    struct model m = load_model(path);
    struct small_net *net = NULL;
    struct vision_net *reference = NULL;
    assert_int_equal(small_net_create(m.bytes, m.size, shape, &net), 0);
    assert_int_equal(vision_net_create(m.bytes, m.size, &reference), 0);
    assert_int_equal(small_net_outputs(net), outputs);
    for (int n = 0; n < PICTURES; n++) {
        draw_picture(n, side, points, picture);
        for (int i = 0; i < points; i++)
            in[i] = picture[i] / 255.0f;
        small_net_run(net, picture, ours);
        assert_int_equal(vision_net_run(reference, in, batch, theirs, (size_t)outputs), 0);
        for (int k = 0; k < outputs; k++)
            if (!(fabsf(ours[k] - theirs[k]) < 1e-4f))
                fail_msg("%s, picture %d, output %d: %g, OpenCV %g", path, n, k, ours[k],
                         theirs[k]);
    }
    small_net_destroy(net);
    vision_net_destroy(reference);
    free(m.bytes);
}

/* Catches weights in a wrong order, a border that is not nought, a row or an output left out. */
static void test_nets_agree_with_opencv(void **state)
{
    srand(7);
    compare("omr/models/look.onnx", 2, 24, 9);
    compare("ocr/models/digits.onnx", 1, 28, 11);
    compare("ocr/models/letters.onnx", 1, 28, 27);
    compare("ocr/models/second_digits.onnx", 2, 28, 11);
    compare("ocr/models/second_letters.onnx", 2, 28, 27);
    compare("ocr/models/third_digits.onnx", 2, 28, 11);
    compare("ocr/models/third_letters.onnx", 2, 28, 27);
    compare("ocr/models/hanzi.onnx", 1, 40, 128);
}

static void compare_widths(const char *path, int channels, int side)
{
    const int shape[3] = {channels, side, side};
    int points = channels * side * side;
    uint8_t picture[POINTS_MAX];
    float wide[OUTPUTS_MAX], narrow[OUTPUTS_MAX];
    struct model m = load_model(path);
    struct small_net *nets[2];
    assert_int_equal(small_net_create(m.bytes, m.size, shape, &nets[0]), 0);
    assert_int_equal(small_net_create_narrow(m.bytes, m.size, shape, 4, &nets[1]), 0);
    size_t size = (size_t)small_net_outputs(nets[0]) * sizeof *wide;
    for (int n = 0; n < PICTURES; n++) {
        draw_picture(n, side, points, picture);
        small_net_run(nets[0], picture, wide);
        small_net_run(nets[1], picture, narrow);
        assert_memory_equal(wide, narrow, size);
    }
    small_net_destroy(nets[0]);
    small_net_destroy(nets[1]);
    free(m.bytes);
}

/* Catches a processor that reads otherwise than another: sums in another order, or fused. */
static void test_every_width_gives_the_same_bits(void **state)
{
    srand(5);
    compare_widths("omr/models/look.onnx", 2, 24);
    compare_widths("ocr/models/digits.onnx", 1, 28);
    compare_widths("ocr/models/third_digits.onnx", 2, 28);
    compare_widths("ocr/models/hanzi.onnx", 1, 40);
}

/* Catches numbers left over from the picture before. */
static void test_pictures_leave_nothing_behind(void **state)
{
    static const int shape[3] = {1, 28, 28};
    uint8_t first[28 * 28], other[28 * 28];
    float once[11], again[11];
    struct model m = load_model("ocr/models/digits.onnx");
    struct small_net *net = NULL;
    assert_int_equal(small_net_create(m.bytes, m.size, shape, &net), 0);
    draw_picture(1, 28, 28 * 28, first);
    draw_picture(4, 28, 28 * 28, other);
    small_net_run(net, first, once);
    small_net_run(net, other, again);
    small_net_run(net, first, again);
    assert_memory_equal(once, again, sizeof once);
    small_net_destroy(net);
    free(m.bytes);
}

/* Catches a part of a picture that is not looked at since the one before had nothing there: ink of
 * every size and place, and pictures of nothing, by one net as by one made anew for each. */
static void test_any_picture_after_any_other(void **state)
{
    static const int shape[3] = {2, 28, 28};
    static uint8_t picture[2][28][28];
    float one[11], anew[11];
    struct model m = load_model("ocr/models/second_digits.onnx");
    struct small_net *net = NULL, *fresh = NULL;
    srand(21);
    assert_int_equal(small_net_create(m.bytes, m.size, shape, &net), 0);
    for (int i = 0; i < 120; i++) {
        int y = rand() % 28, x = rand() % 28, h = rand() % (29 - y), w = rand() % (29 - x);
        memset(picture, 0, sizeof picture);
        for (int k = 0; k < h * w && i % 9; k++)
            picture[i % 2][y + k / w][x + k % w] = (uint8_t)rand();
        assert_int_equal(small_net_create(m.bytes, m.size, shape, &fresh), 0);
        small_net_run(fresh, &picture[0][0][0], anew);
        small_net_run(net, &picture[0][0][0], one);
        assert_memory_equal(one, anew, sizeof one);
        small_net_destroy(fresh);
    }
    small_net_destroy(net);
    free(m.bytes);
}

/* Catches a net that is run though it is none of ours: a picture of another size, one whose answer
 * is a row of places, a file cut short anywhere. */
static void test_other_nets_are_refused(void **state)
{
    static const int shape[3] = {1, 28, 28}, wide[3] = {1, 28, 40}, line[3] = {1, 32, 64};
    struct small_net *net = NULL;
    struct model m = load_model("ocr/models/digits.onnx");
    assert_int_equal(small_net_create(m.bytes, m.size, wide, &net), YJ_EDATA);
    for (size_t size = 0; size < m.size; size += 1 + size / 40)
        assert_int_equal(small_net_create(m.bytes, size, shape, &net), YJ_EDATA);
    free(m.bytes);
    m = load_model("ocr/models/number.onnx");
    assert_int_equal(small_net_create(m.bytes, m.size, line, &net), YJ_EDATA);
    free(m.bytes);
}

/* Catches a parser that reads beyond its bytes: any byte may be another (sanitizers watch). */
static void test_broken_files_do_no_harm(void **state)
{
    static const int shape[3] = {1, 28, 28};
    struct model m = load_model("ocr/models/digits.onnx");
    srand(11);
    for (int i = 0; i < 400; i++) {
        size_t at = (size_t)rand() % 2400; /* names, sizes and attributes; the rest is weights */
        unsigned char was = m.bytes[i % 2 ? at : m.size - 1 - at];
        struct small_net *net = NULL;
        m.bytes[i % 2 ? at : m.size - 1 - at] = (unsigned char)rand();
        if (small_net_create(m.bytes, m.size, shape, &net) == 0)
            small_net_destroy(net);
        m.bytes[i % 2 ? at : m.size - 1 - at] = was;
    }
    free(m.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nets_agree_with_opencv),
        cmocka_unit_test(test_every_width_gives_the_same_bits),
        cmocka_unit_test(test_pictures_leave_nothing_behind),
        cmocka_unit_test(test_any_picture_after_any_other),
        cmocka_unit_test(test_other_nets_are_refused),
        cmocka_unit_test(test_broken_files_do_no_harm),
    };
    vision_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
