/* camera.h - a phone held over a sheet on a desk. */
#ifndef YJ_SIMULATE_CAMERA_H
#define YJ_SIMULATE_CAMERA_H

#include "scanner.h"

/* As scanner_set. `dpi`: pixels an inch of the paper in the photo, about. YJ_ENOMEM. */
int camera_set(struct capture *c, const struct form *form, const struct damages *damages,
               double dpi, double px, struct rng *device, struct rng *rng);

#endif
