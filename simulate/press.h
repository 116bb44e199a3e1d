/* press.h - printed sheets: each page of each form drawn once, then copied, well or badly.
 *
 * A print shop keeps the drawings (sheet/) as grey pixels, shared by all threads. Pages on which a
 * candidate's own code stands are drawn for each. */
#ifndef YJ_SIMULATE_PRESS_H
#define YJ_SIMULATE_PRESS_H

#include "damage.h"
#include "form.h"
#include "image.h"

struct diag;
struct sheet_owner;
struct print_shop;

int print_shop_create(struct print_shop **ret_shop);
void print_shop_destroy(struct print_shop *shop);

/* A fresh copy of a page into `out`. `owner` may be NULL. YJ_ENOMEM, YJ_EINPUT. */
int print_shop_copy(struct print_shop *shop, const struct form *form, int page,
                    const struct sheet_owner *owner, double dpi, struct image *out, struct diag *d);
/* A form that is none of the exam's, for paper of this one's size: bubbles of another layout.
 * `which` chooses among several; the shop's own. YJ_ENOMEM. */
int print_shop_stranger(struct print_shop *shop, const struct form *form, unsigned which,
                        const struct form **ret_stranger, struct diag *d);

/* What a press that runs dry or wet, and a copier, do to the print. `px`: pixels a mm. */
void press_spoil(struct image *print, const struct damages *damages, double px, struct rng *rng);

#endif
