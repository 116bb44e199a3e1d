/* hand_look.h - the third reader: a mark beside the others of its field and of this pupil.
 *
 * Internal to omr. Asked where several bubbles of a group hold something: is each of them meant, or
 * is one what an eraser or a second thought left? That cannot be told from a bubble alone: what one
 * pupil leaves behind is darker than what another one presses. So a small net (models/hand.onnx)
 * sees a bubble at the scan's own fineness together with its print, the darkest other of its group,
 * a usual and a pale mark of the page, all as dark as they are beside this pupil's marks, and a few
 * figures of the page. */
#ifndef YJ_OMR_HAND_LOOK_H
#define YJ_OMR_HAND_LOOK_H

#include "agreement.h"

#define HAND_SIDE 40
#define HAND_MARGIN 0.4 /* of the outline's shorter side, beyond it */
#define HAND_POINTS (HAND_SIDE * HAND_SIDE)

struct hand_picture {
    uint8_t own[HAND_POINTS];   /* 0 paper; HAND_USUAL: as this pupil's marks at their darkest */
    uint8_t print[HAND_POINTS]; /* the same bubble unmarked; all 0: not known */
    uint8_t rival[HAND_POINTS]; /* the darkest other of its group */
    uint8_t usual[HAND_POINTS]; /* a mark of this page as most of them are; all 0: there is none */
    uint8_t pale[HAND_POINTS];  /* one of the palest that stand alone */
    uint8_t card[HAND_POINTS];  /* figures, a strip of columns each */
};

/* Pictures of bubbles which[0 .. n) of a page's all[0 .. n_all), seen; *ret_evenness: ink of one of
 * the palest marks that stand alone over the usual one's, 1 where there are none. Memory is taken
 * from the arena. 0 or YJ_ENOMEM. */
int hand_take_pictures(const struct image *img, const struct page_map *map, const struct band *band,
                       const struct bubble_ink *all, const struct seen_bubble *seen, int n_all,
                       const int *which, int n, struct arena *arena, struct hand_picture *ret,
                       double *ret_evenness);

/* ret[i]: log odds that what picture i shows was meant. 0, YJ_ENOMEM. */
int hand_read(struct look_reader *reader, const struct hand_picture *pictures, int n, float *ret);

#endif
