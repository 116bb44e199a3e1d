#include "bubble_others.h"

int bubble_palest_others(const struct bubble_ink *all, int n, int self, int most, int *ret_others)
{
    int found = 0;
    for (int i = 0; i < n; i++) {
        if (i == self || all[i].group != all[self].group || all[i].missing)
            continue;
        int at = found < most ? found++ : found;
        if (at == found && all[i].mean >= all[ret_others[found - 1]].mean)
            continue;
        at = at == found ? found - 1 : at;
        for (; at > 0 && all[ret_others[at - 1]].mean > all[i].mean; at--)
            ret_others[at] = ret_others[at - 1];
        ret_others[at] = i;
    }
    return found;
}
