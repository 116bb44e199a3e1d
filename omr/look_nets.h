/* look_nets.h - the nets that read marks, each loaded when first asked. Internal to omr. */
#ifndef YJ_OMR_LOOK_NETS_H
#define YJ_OMR_LOOK_NETS_H

#include "small_net.h"

struct look_reader {
    struct small_net *look; /* look.h */
    struct small_net *hand; /* hand_look.h */
};

#endif
