/* score.h - answers + key -> points. Pure: no file, no pixel, no SQL.
 *
 * Rules and their sources stand beside each in score.c and in docs/scoring.md. */
#ifndef YJ_SCORING_SCORE_H
#define YJ_SCORING_SCORE_H

#include "key.h"
#include "records.h"

struct response {
    const char *value; /* as the reading has it; "" blank; NULL: no reading at all */
    enum reading_status status;
};

struct item_score {
    struct points points;
    bool pending; /* the reading waits for a person; points are 0 */
    bool counts;  /* false: the item is dropped from total and maximum */
    bool right;   /* full points for an accepted answer */
};

struct item_score score_item(const struct key_item *item, const struct response *response);
/* Highest points the item can give; 0 for a dropped one. */
struct points score_item_max(const struct key_item *item);
/* Splits "AC" into a bit set over options[]; -1 where it is no joining of them in order (at most 64
 * options). Pure text: used for keys and for readings. */
int score_option_set(const char *value, char *const *options, int n_options, uint64_t *ret_set);

#endif
