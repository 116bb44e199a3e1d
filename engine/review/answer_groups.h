/* answer_groups.h - short answers that look alike, so that a person decides them once.
 *
 * Two records of one field share a group where the machine proposes the same value for both. Where
 * it proposes none, their pictures are compared: the ink inside the field's boxes, trimmed,
 * brought to one size, blurred a little, by its normalised correlation. A record joins the first
 * group all of whose members are like it (complete link): a chain of small likenesses never makes
 * one group of a 1 and a 7. What most pictures of a field show is print (a guide line), and is not
 * compared. A group by pictures is never larger than a person can look over at once. What cannot be
 * compared (no picture, no ink) is alone. The order of the
 * records alone decides. Knows no database, no form and no file; a group is a proposal to a person,
 * who sees its pictures. */
#ifndef YJ_ENGINE_ANSWER_GROUPS_H
#define YJ_ENGINE_ANSWER_GROUPS_H

#include "geometry.h"
#include "records.h"

/* How alike the pictures of one group are at least: correlation, 0 to 1. Counted on real hands,
 * each answer by another writer: 1500 numbers of MNIST digits (1 digit; 2 digits, 20 numbers; 3
 * digits that differ in the last) and 1018 words of UNIPEN (60 words). At 0.90 their groups have 0,
 * 0, 2 and 1 members that are another answer; at 0.80 20, 41, 196 and 3. The price: 22, 3, 3 and 3
 * % fewer groups than answers, no more. A wrong member is a wrong score that a person has signed.
 */
#define ANSWER_LIKENESS 0.90

#define ANSWER_GROUP_MAX                                                                           \
    60 /* members of a group by pictures: as many as one contact sheet shows                       \
        */

struct answer_record {
    int field;                /* records of different fields never share a group */
    bool alone;               /* is to have a group of its own: not a short answer */
    bool fold;                /* case, width and runs of spaces do not matter: text */
    const char *proposal;     /* what the machine reads; "" nothing */
    struct crop crop;         /* deflated NULL: none */
    const struct rect *boxes; /* [n_boxes]: where in the crop to look for ink, px */
    int n_boxes;
};

/* Groups are numbered from 0 in the order of their first members; ret_group[n]. 0 or YJ_ENOMEM;
 * then nothing is written. */
int answer_groups_find(const struct answer_record *records, int n, int *ret_group,
                       int *ret_n_groups);

/* How alike two records' pictures are, -1 to 1; 0 where one of them has no ink. YJ_ENOMEM. */
int answer_likeness(const struct answer_record *a, const struct answer_record *b,
                    double *ret_likeness);

#endif
