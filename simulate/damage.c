#include "damage.h"

#include <string.h>

/* Shares of pages (docs/simulate.md), and the strongest that the profile has. */
static const struct kind {
    const char *name;
    double office, office_most, rough, rough_most, phone, phone_most;
} kinds[DAMAGES] = {
    [DAMAGE_LIGHT_PRINT] = {"light_print", 0.01, 0.4, 0.08, 1, 0.02, 0.5},
    [DAMAGE_SHIFTED_PRINT] = {"shifted_print", 0.03, 0.5, 0.1, 1, 0.03, 0.5},
    [DAMAGE_THICK_PRINT] = {"thick_print", 0.02, 0.5, 0.12, 1, 0.03, 0.5},
    [DAMAGE_STRETCH] = {"stretch", 0.03, 0.3, 0.3, 0.6, 0.05, 0.4},
    [DAMAGE_MOIRE] = {"moire", 0, 0, 0.03, 0.8, 0, 0},
    [DAMAGE_TONE] = {"tone", 0.05, 0.4, 0.2, 0.8, 0.1, 0.5},
    [DAMAGE_CURL] = {"curl", 0.02, 0.3, 0.06, 0.7, 0.15, 0.6},
    [DAMAGE_FOLD] = {"fold", 0.02, 0.6, 0.06, 1, 0.05, 0.8},
    [DAMAGE_CRUMPLE] = {"crumple", 0.002, 0.3, 0.03, 0.8, 0.02, 0.5},
    [DAMAGE_STAPLE] = {"staple", 0.02, 1, 0.06, 1, 0.02, 1},
    [DAMAGE_PUNCH] = {"punch_hole", 0.02, 1, 0.05, 1, 0.03, 1},
    [DAMAGE_COFFEE] = {"coffee", 0.001, 0.5, 0.01, 1, 0.003, 0.7},
    [DAMAGE_SMUDGE] = {"smudge", 0.02, 0.3, 0.12, 1, 0.05, 0.6},
    [DAMAGE_TORN_CORNER] = {"torn_corner", 0.001, 0.5, 0.01, 0.8, 0.004, 0.6},
    [DAMAGE_SHOW_THROUGH] = {"show_through", 0.05, 0.5, 0.15, 1, 0.03, 0.5},
    [DAMAGE_SKEW] = {"skew", 0, 0, 0.08, 0.6, 0, 0},
    [DAMAGE_WAVE] = {"feeder_wave", 0.1, 0.4, 0.3, 1, 0, 0},
    [DAMAGE_STREAK] = {"streak", 0.012, 0.5, 0.08, 1, 0, 0},
    [DAMAGE_DUST] = {"dust", 0.1, 0.5, 0.4, 1, 0.02, 0.4},
    [DAMAGE_LID_SHADOW] = {"lid_shadow", 0.004, 0.4, 0.05, 1, 0, 0},
    [DAMAGE_BORDER] = {"black_border", 0.01, 0.6, 0.15, 1, 0, 0},
    [DAMAGE_BLUR] = {"blur", 0.01, 0.3, 0.06, 0.8, 0.1, 0.7},
    [DAMAGE_NOISE] = {"noise", 0.01, 0.4, 0.1, 1, 0.1, 0.7},
    [DAMAGE_EXPOSURE] = {"exposure", 0.01, 0.3, 0.1, 0.8, 0.08, 0.7},
    [DAMAGE_JPEG] = {"jpeg", 0.02, 0.4, 0.08, 1, 0.05, 0.7},
    [DAMAGE_BITONAL] = {"bitonal", 0, 0, 0.04, 0.3, 0, 0},
    [DAMAGE_UPSIDE_DOWN] = {"upside_down", 0.004, 1, 0.02, 1, 0.02, 1},
    [DAMAGE_SIDEWAYS] = {"sideways", 0, 0, 0.01, 1, 0.03, 1},
    [DAMAGE_PERSPECTIVE] = {"perspective", 0, 0, 0, 0, 0.1, 1},
    [DAMAGE_UNEVEN_LIGHT] = {"uneven_light", 0, 0, 0.01, 0.5, 0.3, 1},
    [DAMAGE_MOTION] = {"motion", 0, 0, 0, 0, 0.08, 0.6},
    [DAMAGE_DOUBLE_FEED] = {"double_feed", 0, 0, 0, 0, 0, 0},
    [DAMAGE_FOLDED_OVER] = {"folded_over", 0, 0, 0, 0, 0, 0},
    [DAMAGE_OTHER_FORM] = {"other_form", 0, 0, 0, 0, 0, 0},
};

const char *damage_name(enum damage damage)
{
    return kinds[damage].name;
}

static void share_of(const struct kind *k, enum simulate_profile profile, double *share,
                     double *most)
{
    *share = profile == PROFILE_OFFICE ? k->office : profile == PROFILE_ROUGH ? k->rough : k->phone;
    *most = profile == PROFILE_OFFICE  ? k->office_most
            : profile == PROFILE_ROUGH ? k->rough_most
                                       : k->phone_most;
}

void damages_draw(struct damages *d, enum simulate_profile profile, int only, struct rng *rng)
{
    memset(d, 0, sizeof *d);
    for (int i = 0; i < DAMAGES; i++) {
        double share, most, strength = rng_uniform(rng), chance = rng_uniform(rng);
        share_of(&kinds[i], profile, &share, &most);
        if (only == i)
            d->strength[i] = 0.3 + 0.7 * strength;
        else if (only == -1 && chance < share) /* weak ones are more common */
            d->strength[i] = most * (0.15 + 0.85 * strength * strength);
    }
}

bool damages_refuse(const struct damages *d)
{
    return d->strength[DAMAGE_DOUBLE_FEED] > 0 || d->strength[DAMAGE_FOLDED_OVER] > 0 ||
           d->strength[DAMAGE_OTHER_FORM] > 0;
}
